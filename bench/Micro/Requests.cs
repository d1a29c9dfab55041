using Microsoft.Extensions.Primitives;

namespace NclueGateway.Micro;

/// <summary>The same request of one caller after the other, in memory.</summary>
/// <param name="measured">Whom they go to.</param>
/// <param name="tokens">A token of each caller.</param>
/// <param name="status">What each is to be answered with.</param>
/// <param name="length">How many bytes the body of each answer is to have.</param>
/// <param name="tag">The tag of the copy that callers have; null for none.</param>
internal sealed class Requests(Measured measured, IReadOnlyList<string> tokens, int status, int length, StringValues? tag = null)
{
    /// <summary>So many at a time: what is logged of them has a place in the gateway's queue.</summary>
    public const int InBatch = 1_000;

    private readonly InMemoryRequest[] _requests = [.. tokens.Select(token => Page.Request(token, tag))];
    private int _next;

    /// <summary>Sends a batch.</summary>
    /// <param name="isAudited">Whether to wait for the events of the audit.</param>
    /// <returns>The length of the last body in bytes.</returns>
    /// <exception cref="InvalidOperationException">One was answered with something else.</exception>
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

    /// <summary>Sends one.</summary>
    /// <exception cref="InvalidOperationException">It was answered with something else.</exception>
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
