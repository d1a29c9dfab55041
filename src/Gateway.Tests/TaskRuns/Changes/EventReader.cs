using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>A reader of one event stream.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // of the real clock

    private readonly HttpResponseMessage _response;
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private IAsyncEnumerator<SseItem<string>>? _events;

    private EventReader(HttpResponseMessage response) => _response = response;

    public HttpStatusCode Status => _response.StatusCode;

    public string? Header(string name) =>
        _response.Headers.TryGetValues(name, out var values) || _response.Content.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;

    /// <summary>Opens a stream.</summary>
    /// <param name="client">A client that does not buffer responses.</param>
    /// <param name="query">The query string.</param>
    /// <param name="headers">Further headers.</param>
    public static async Task<EventReader> OpenAsync(HttpClient client, string query = "", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/task-runs/changes" + query)
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
        };
        request.Headers.Accept.ParseAdd("text/event-stream");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return new(await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken));
    }

    /// <summary>Returns the next event; null at the end of the stream.</summary>
    public async Task<SseItem<string>?> NextAsync()
    {
        if (_events is null)
        {
            var body = await _response.Content.ReadAsStreamAsync(_end.Token);
            _events = SseParser.Create(body).EnumerateAsync(_end.Token).GetAsyncEnumerator(_end.Token);
        }

        return await _events.MoveNextAsync().AsTask().WaitAsync(Patience, TimeProvider.System, _end.Token) ? _events.Current : null;
    }

    /// <summary>Returns the next event with a name, and skips others before it.</summary>
    public async Task<SseItem<string>> NextAsync(string name)
    {
        while (true)
        {
            var next = await NextAsync();
            next.ShouldNotBeNull($"the stream ended before {name}");
            if (next.Value.EventType == name)
            {
                return next.Value;
            }
        }
    }

    /// <summary>Reads the body of a response that is no stream.</summary>
    public async Task<JsonNode> ReadProblemAsync() => JsonNode.Parse(await _response.Content.ReadAsStringAsync(_end.Token))!;

    public async ValueTask DisposeAsync()
    {
        _response.Dispose();
        if (!_end.IsCancellationRequested)
        {
            await _end.CancelAsync();
            _end.Dispose();
        }
    }
}

internal static class EventExtensions
{
    public static JsonNode Json(this SseItem<string> message) => JsonNode.Parse(message.Data)!;
}
