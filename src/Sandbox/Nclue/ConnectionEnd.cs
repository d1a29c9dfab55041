using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// Ends a connection behind everything that was written so far: a feature of the connection. To abort it would drop what the client has not
/// read yet, so that one and the same fault would be seen now as a broken body and now as no answer at all.
/// </summary>
internal sealed class ConnectionEnd(PipeWriter output)
{
    /// <summary>To be placed outside TLS, next to the socket.</summary>
    public static ConnectionDelegate Use(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(new ConnectionEnd(connection.Transport.Output));
        return next(connection);
    };

    /// <summary>Sends what was flushed, then the end, and waits until the request is seen to be over.</summary>
    public async Task EndAsync(CancellationToken requestAborted)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = requestAborted.Register(over.SetResult);
        await output.CompleteAsync();
        await over.Task;
    }
}
