using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// Time at which a connection's bytes were last read: a feature of the connection. It gives a request its arrival time
/// even if the thread pool handles the request late.
/// </summary>
/// <remarks>
/// Exact over HTTP/1.1, where a connection carries one request at a time. Over HTTP/2 a later frame may advance it by
/// microseconds.
/// </remarks>
internal sealed class ArrivalStamp(TimeProvider time)
{
    public long Timestamp { get; private set; } = time.GetTimestamp();

    public DateTimeOffset At { get; private set; } = time.GetUtcNow();

    /// <summary>Records the time of each read. Add it inside TLS, where the bytes are those of a request.</summary>
    public static ConnectionDelegate Use(ConnectionDelegate next, TimeProvider time) => connection =>
    {
        var stamp = new ArrivalStamp(time);
        connection.Features.Set(stamp);
        connection.Transport = new StampedPipe(connection.Transport, stamp);
        return next(connection);
    };

    private ReadResult Stamp(ReadResult read)
    {
        if (!read.Buffer.IsEmpty)
        {
            Timestamp = time.GetTimestamp();
            At = time.GetUtcNow();
        }

        return read;
    }

    private sealed class StampedPipe(IDuplexPipe inner, ArrivalStamp stamp) : IDuplexPipe
    {
        public PipeReader Input { get; } = new StampedReader(inner.Input, stamp);

        public PipeWriter Output => inner.Output;
    }

    private sealed class StampedReader(PipeReader inner, ArrivalStamp stamp) : PipeReader
    {
        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            stamp.Stamp(await inner.ReadAsync(cancellationToken));

        public override bool TryRead(out ReadResult result)
        {
            var read = inner.TryRead(out result);
            if (read)
            {
                stamp.Stamp(result);
            }

            return read;
        }

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }
}
