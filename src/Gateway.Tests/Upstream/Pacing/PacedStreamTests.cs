using Microsoft.Extensions.Time.Testing;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

public sealed class PacedStreamTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly MemoryStream _bytes = new();
    private readonly RequestGate _gate;
    private readonly PacedStream _stream;

    public PacedStreamTests()
    {
        _gate = new(TimeSpan.FromSeconds(1), _clock, new());
        _stream = new(_bytes, _gate);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    [Fact]
    public async Task A_request_with_a_permit_is_written()
    {
        _gate.TryAcquire()!.Begin(CancellationToken.None);

        await _stream.WriteAsync("abc"u8.ToArray(), Token);

        _bytes.ToArray().ShouldBe("abc"u8.ToArray());
    }

    [Fact]
    public async Task A_request_without_a_permit_is_not()
    {
        await Should.ThrowAsync<IOException>(async () => await _stream.WriteAsync("abc"u8.ToArray(), Token));

        _bytes.Length.ShouldBe(0);
    }

    [Fact]
    public async Task A_second_request_needs_a_second_permit()
    {
        _gate.TryAcquire()!.Begin(CancellationToken.None);
        await _stream.WriteAsync("abc"u8.ToArray(), Token);
        _clock.Advance(TimeSpan.FromMinutes(1));

        await Should.ThrowAsync<IOException>(() => _stream.WriteAsync("def"u8.ToArray(), 0, 3, Token));
        _bytes.Length.ShouldBe(3);

        _gate.TryAcquire()!.Begin(CancellationToken.None);
        await _stream.WriteAsync("def"u8.ToArray(), Token);
        _bytes.Length.ShouldBe(6);
    }

    [Fact]
    public async Task Only_the_first_request_of_a_connection_is_one_on_a_new_connection()
    {
        _gate.TryAcquire()!.Begin(CancellationToken.None);
        await _stream.WriteAsync("abc"u8.ToArray(), Token);
        _gate.UntilOpen.ShouldBe(2 * _gate.Interval);

        _clock.Advance(2 * _gate.Interval);
        _gate.TryAcquire()!.Begin(CancellationToken.None);
        await _stream.WriteAsync("abc"u8.ToArray(), Token);
        _gate.UntilOpen.ShouldBe(_gate.Interval);
    }

    [Fact]
    public void Nothing_can_be_written_past_the_wire()
    {
        _gate.TryAcquire()!.Begin(CancellationToken.None);

        Should.Throw<NotSupportedException>(() => _stream.Write([1], 0, 1));
        Should.Throw<NotSupportedException>(() => _stream.Write([1]));
        Should.Throw<NotSupportedException>(() => _stream.WriteByte(1));
        Should.Throw<NotSupportedException>(() => _stream.EndWrite(_stream.BeginWrite([1], 0, 1, null, null)));
        _bytes.Length.ShouldBe(0);
    }

    [Fact]
    public async Task Reading_needs_no_permit()
    {
        _bytes.Write("abc"u8);
        _bytes.Position = 0;
        var buffer = new byte[4];

        (await _stream.ReadAsync(buffer.AsMemory(0, 1), Token)).ShouldBe(1);
        (await _stream.ReadAsync(buffer.AsMemory(1, 1), Token)).ShouldBe(1);
        _stream.Read(buffer, 2, 1).ShouldBe(1);

        buffer.ShouldBe("abc\0"u8.ToArray());
    }

    [Fact]
    public async Task Closing_it_closes_the_connection()
    {
        await _stream.DisposeAsync();

        _bytes.CanRead.ShouldBeFalse();
    }
}
