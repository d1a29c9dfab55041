using Microsoft.Extensions.Primitives;

namespace NclueGateway.Micro;

/// <summary>Sends the same in-memory request for one caller after another.</summary>
/// <param name="measured">Application that gets the requests.</param>
/// <param name="tokens">One token per caller.</param>
/// <param name="status">Expected status.</param>
/// <param name="length">Expected length of the body in bytes.</param>
/// <param name="tag">The value of If-None-Match; null for none.</param>
internal sealed class Requests(Measured measured, IReadOnlyList<string> tokens, int status, int length, StringValues? tag = null)
{
    /// <summary>Requests per batch. Their log events fit into the gateway's queue.</summary>
    public const int InBatch = 1_000;

    private readonly InMemoryRequest[] _requests = [.. tokens.Select(token => Page.Request(token, tag))];
    private int _next;

    /// <summary>Sends a batch.</summary>
    /// <param name="isAudited">True to wait for the audit events.</param>
    /// <returns>The length of the last body in bytes.</returns>
    /// <exception cref="InvalidOperationException">A response is not the expected one.</exception>
    public int Send(bool isAudited)
    {
        var events = measured.Log.Events;
        for (var i = 0; i < InBatch; i++)
        {
            SendOne();
        }

        if (isAudited)
        {
            measured.Log.WaitFor(events + InBatch);
        }

        return measured.Connection.Response.Content.Length;
    }

    /// <summary>Sends one request.</summary>
    /// <exception cref="InvalidOperationException">The response is not the expected one.</exception>
    public void SendOne()
    {
        var sent = measured.Connection.SendAsync(_requests[_next]);
        _next = (_next + 1) % _requests.Length;
        if (!sent.IsCompletedSuccessfully)
        {
            sent.GetAwaiter().GetResult();
        }

        var response = measured.Connection.Response;
        if (response.StatusCode != status || response.Content.Length != length)
        {
            throw new InvalidOperationException($"{response.StatusCode} with {response.Content.Length} bytes, not {status} with {length}.");
        }
    }
}
