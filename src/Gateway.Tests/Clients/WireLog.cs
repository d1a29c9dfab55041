using System.Collections.Concurrent;
using System.Net;

namespace NclueGateway.Tests.Clients;

/// <summary>Stands between a client and its network, and records the responses.</summary>
internal sealed class WireLog() : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
{
    private readonly ConcurrentQueue<(HttpStatusCode Status, DateTimeOffset? Date)> _responses = new();

    public IEnumerable<HttpStatusCode> Statuses => _responses.Select(response => response.Status);

    /// <summary>Date of the last response, by its own header.</summary>
    public DateTimeOffset LastDate => _responses.Last().Date!.Value;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Method.ShouldBe(HttpMethod.Get);
        var response = await base.SendAsync(request, cancellationToken);
        _responses.Enqueue((response.StatusCode, response.Headers.Date));
        return response;
    }
}
