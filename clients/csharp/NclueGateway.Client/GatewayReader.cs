using System.Net;
using System.Net.Http.Headers;

namespace NclueGateway.Client;

/// <summary>Sends reads to the gateway, and sends them again after <c>Retry-After</c>.</summary>
/// <param name="http">The client that sends the access token.</param>
/// <param name="time">Clock of all waits.</param>
internal sealed class GatewayReader(HttpClient http, TimeProvider time)
{
    /// <summary>Reads content.</summary>
    /// <param name="address">Address of the content.</param>
    /// <param name="known">Content from this address, whose tag is sent; null for none.</param>
    /// <param name="parse">Reads the content from JSON.</param>
    /// <param name="limits">Maximum waits.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    /// <exception cref="NclueGatewayException">The response is not that content.</exception>
    public async Task<T> ReadAsync<T>(
        Uri address, T? known, Func<byte[], T> parse, WaitLimits limits, CancellationToken cancellationToken)
        where T : GatewayContent
    {
        while (true)
        {
            TimeSpan wait;
            try
            {
                return await AskAsync(address, known, parse, cancellationToken).ConfigureAwait(false);
            }
            catch (NclueGatewayException refusal)
                when (refusal.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
                    && refusal.RetryAfter <= limits.For(refusal))
            {
                wait = refusal.RetryAfter.Value;
                limits = limits.After(refusal, wait);
            }

            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<T> AskAsync<T>(Uri address, T? known, Func<byte[], T> parse, CancellationToken cancellationToken)
        where T : GatewayContent
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address)
        {
            Version = http.DefaultRequestVersion,
            VersionPolicy = http.DefaultVersionPolicy,
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(GatewayResponse.Json));
        if (known?.ETag is { } tag)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        }

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            .ConfigureAwait(false);
        var content = await new GatewayResponse(response, time.GetUtcNow())
            .ToContentAsync(known, parse, http, cancellationToken).ConfigureAwait(false);
        return content with { Address = known?.Address ?? address };
    }
}

/// <summary>Maximum time that one read still waits.</summary>
/// <param name="Retry">For the <c>Retry-After</c> of a response.</param>
/// <param name="List">For a complete list; null if <paramref name="Retry"/> includes it.</param>
internal readonly record struct WaitLimits(TimeSpan Retry, TimeSpan? List)
{
    /// <summary>Returns the maximum wait after a refusal.</summary>
    public TimeSpan For(NclueGatewayException refusal) => IsOfList(refusal) ? List ?? Retry : Retry;

    /// <summary>Returns what is left after a wait.</summary>
    public WaitLimits After(NclueGatewayException refusal, TimeSpan wait) =>
        List is not null && IsOfList(refusal) ? this with { List = List - wait } : this with { Retry = Retry - wait };

    private static bool IsOfList(NclueGatewayException refusal) => refusal.Problem?.Slug == ProblemSlugs.ListIncomplete;
}
