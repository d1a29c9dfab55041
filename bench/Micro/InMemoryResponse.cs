using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace NclueGateway.Micro;

/// <summary>A response and the features through which the application writes it.</summary>
internal sealed class InMemoryResponse : IHttpResponseFeature, IHttpResponseBodyFeature
{
    private readonly Stack<(Func<object, Task> Callback, object State)> _onStarting = new();
    private readonly Stack<(Func<object, Task> Callback, object State)> _onCompleted = new();
    private readonly BodyWriter _body;
    private Stream? _stream;

    public InMemoryResponse() => _body = new(this);

    public int StatusCode { get; set; }

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    public bool HasStarted { get; private set; }

    /// <summary>The body so far; overwritten by the next response.</summary>
    public ReadOnlyMemory<byte> Content => _body.Written;

    public PipeWriter Writer => _body;

    public Stream Stream => _stream ??= _body.AsStream(leaveOpen: true);

    Stream IHttpResponseFeature.Body
    {
        get => Stream;
        set => throw new NotSupportedException();
    }

    public void OnStarting(Func<object, Task> callback, object state) => _onStarting.Push((callback, state));

    public void OnCompleted(Func<object, Task> callback, object state) => _onCompleted.Push((callback, state));

    public void DisableBuffering()
    {
        // The response is not buffered.
    }

    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (HasStarted)
        {
            return Task.CompletedTask;
        }

        HasStarted = true;
        return RunAsync(_onStarting);
    }

    public Task CompleteAsync() => StartAsync(CancellationToken.None);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>Completes the response as a server does after the application returns.</summary>
    public async Task EndAsync()
    {
        await StartAsync();
        await RunAsync(_onCompleted);
    }

    /// <summary>Clears the response and keeps its buffers.</summary>
    public void Reset()
    {
        StatusCode = StatusCodes.Status200OK;
        ReasonPhrase = null;
        Headers.Clear();
        HasStarted = false;
        _onStarting.Clear();
        _onCompleted.Clear();
        _body.Reset();
    }

    /// <summary>Runs the callbacks, the last one first, as Kestrel does.</summary>
    private static async Task RunAsync(Stack<(Func<object, Task> Callback, object State)> callbacks)
    {
        while (callbacks.TryPop(out var last))
        {
            await last.Callback(last.State);
        }
    }

    private sealed class BodyWriter(InMemoryResponse response) : PipeWriter
    {
        private byte[] _bytes = new byte[64 * 1024];
        private int _length;

        public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

        public override bool CanGetUnflushedBytes => true;

        public override long UnflushedBytes => 0;

        public void Reset() => _length = 0;

        public override Memory<byte> GetMemory(int sizeHint = 0)
        {
            if (_bytes.Length - _length < Math.Max(sizeHint, 1))
            {
                Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + sizeHint));
            }

            return _bytes.AsMemory(_length);
        }

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes) => _length += bytes;

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            var starting = response.StartAsync(cancellationToken);
            return starting.IsCompletedSuccessfully ? default : AfterAsync(starting);

            static async ValueTask<FlushResult> AfterAsync(Task starting)
            {
                await starting;
                return default;
            }
        }

        public override void CancelPendingFlush()
        {
            // No flush is ever pending.
        }

        public override void Complete(Exception? exception = null)
        {
            // The response ends with the request.
        }
    }
}
