using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace NclueGateway.Client;

/// <summary>Opens event streams of changes, and reads their messages.</summary>
/// <param name="http">The client that sends the access token. Its timeout applies until the headers have come.</param>
/// <param name="address">Address of the changes.</param>
/// <param name="time">Clock of all waits.</param>
internal sealed class ChangeStream(HttpClient http, Uri address, TimeProvider time)
{
    /// <summary>
    /// Time without a byte after which a stream is broken. The gateway sends a message every 15 seconds at the latest.
    /// </summary>
    public static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(45);

    /// <summary>Reads one stream to its end.</summary>
    /// <param name="since">Version that the caller has; null for none.</param>
    /// <param name="lastEventId">Id of the last message after <paramref name="since"/>; null for none.</param>
    /// <param name="cancellationToken">Closes the stream.</param>
    /// <exception cref="NclueGatewayException">The response is not a stream, or the stream was cut off.</exception>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync(
        string? since, string? lastEventId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, QueryString.OfChanges(since, wait: null)))
        {
            Version = http.DefaultRequestVersion,
            VersionPolicy = http.DefaultVersionPolicy,
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(GatewayResponse.EventStream));
        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            .ConfigureAwait(false);
        await new GatewayResponse(response, time.GetUtcNow()).ExpectStreamAsync(http, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var limited = new SilenceLimit(body, MaxSilence, time);
        await foreach (var message in SseParser.Create(limited).EnumerateAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return message;
        }
    }

    /// <summary>Returns the exception for a stream that ended without a message that announces the end.</summary>
    public static NclueGatewayException CutOff(Exception? cause = null) => new(
        HttpStatusCode.OK,
        cause is TimeoutException ? $"The stream of changes was silent for {MaxSilence}." : "The stream of changes was cut off.",
        error: HttpRequestError.ResponseEnded,
        inner: cause);
}
