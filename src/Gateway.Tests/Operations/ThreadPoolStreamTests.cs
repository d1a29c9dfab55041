using NclueGateway.Operations;

namespace NclueGateway.Tests.Operations;

/// <summary>Whoever waits for a connection to elsewhere goes on in the thread pool, whichever thread has seen the socket.</summary>
public sealed class ThreadPoolStreamTests
{
    private readonly byte[] _buffer = new byte[10];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_waits_to_read_goes_on_in_the_thread_pool()
    {
        await using var socket = new SlowSocket();
        await using var stream = new ThreadPoolStream(socket);

        var reading = ReadAsync();
        socket.Arrive(completion => completion.SetResult(7));

        (await reading).ShouldBe((7, true));

        async Task<(int Count, bool IsInPool)> ReadAsync()
        {
            var count = await stream.ReadAsync(_buffer, Ct).ConfigureAwait(false);
            return (count, Thread.CurrentThread.IsThreadPoolThread);
        }
    }

    [Fact]
    public async Task So_does_whoever_learns_that_it_is_broken()
    {
        await using var socket = new SlowSocket();
        await using var stream = new ThreadPoolStream(socket);

        var reading = FailAsync();
        socket.Arrive(completion => completion.SetException(new IOException()));

        (await reading).ShouldBeTrue();

        async Task<bool> FailAsync()
        {
            try
            {
                _ = await stream.ReadAsync(_buffer, Ct).ConfigureAwait(false);
                return false;
            }
            catch (IOException)
            {
                return Thread.CurrentThread.IsThreadPoolThread;
            }
        }
    }

    [Fact]
    public async Task So_does_whoever_waits_to_write()
    {
        await using var socket = new SlowSocket();
        await using var stream = new ThreadPoolStream(socket);

        var writing = WriteAsync();
        socket.Arrive(completion => completion.SetResult(0));

        (await writing).ShouldBeTrue();

        async Task<bool> WriteAsync()
        {
            await stream.WriteAsync(_buffer, Ct).ConfigureAwait(false);
            return Thread.CurrentThread.IsThreadPoolThread;
        }
    }

    [Fact]
    public async Task What_is_there_at_once_is_read_at_once()
    {
        await using var stream = new ThreadPoolStream(new MemoryStream([1, 2, 3]));

        var reading = stream.ReadAsync(_buffer, Ct).AsTask();

        reading.IsCompletedSuccessfully.ShouldBeTrue();
        (await reading).ShouldBe(3);
    }

    /// <summary>Has something after a while, on a thread of its own, on which whoever waits goes on.</summary>
    private sealed class SlowSocket : MemoryStream
    {
        private readonly TaskCompletionSource<int> _completion = new();

        public void Arrive(Action<TaskCompletionSource<int>> complete)
        {
            var thread = new Thread(() => complete(_completion));
            thread.Start();
            thread.Join();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(_completion.Task);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => new(_completion.Task);
    }
}
