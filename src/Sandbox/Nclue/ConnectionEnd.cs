using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// Closes a connection after all bytes written so far: a feature of the connection. An abort would discard bytes that
/// the client has not read yet. The client would then see the same fault sometimes as a broken body and sometimes as a
/// missing response.
/// </summary>
internal sealed class ConnectionEnd(PipeWriter output)
{
    /// <summary>Adds the feature. Add it outside TLS, next to the socket.</summary>
    public static ConnectionDelegate Use(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(new ConnectionEnd(connection.Transport.Output));
        return next(connection);
    };

    /// <summary>
    /// Sends the flushed bytes, closes the sending side, and waits until the server has seen the end of the request.
    /// </summary>
    public async Task EndAsync(CancellationToken requestAborted)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = requestAborted.Register(over.SetResult);
        await output.CompleteAsync();
        await over.Task;
    }
}
