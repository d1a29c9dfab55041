using System.Diagnostics.Metrics;
using NclueGateway.Hosting;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Authenticates a request whose access token is in <see cref="TokenCache"/>. Every other request goes to the framework's
/// handlers, which cost several times as much.
/// </summary>
internal sealed class TokenCacheMiddleware
{
    private const string Scheme = "Bearer ";

    private readonly OidcMetadataCache _keys;
    private readonly TokenCache _validated;
    private long _hits;
    private long _misses;

    public TokenCacheMiddleware(OidcMetadataCache keys, TokenCache validated, IMeterFactory meters)
    {
        (_keys, _validated) = (keys, validated);
        meters.CreateGatewayMeter().CreateObservableCounter(
            "nclue_gateway.token_cache.lookups",
            () => (Measurement<long>[])[Lookups(ref _hits, "hit"), Lookups(ref _misses, "miss")],
            "{token}",
            "Access tokens by whether they were known to be good: hit, miss.");
    }

    /// <summary>Sets the caller of the request if its token is cached; returns false otherwise.</summary>
    public bool TrySignIn(HttpContext context)
    {
        if (context.Request.Headers.Authorization is not [{ } value] || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // GetAsync also refreshes the keys every hour, so that a withdrawn key is noticed even if few tokens are validated.
        var token = value.AsSpan(Scheme.Length).Trim();
        var keys = _keys.GetAsync();
        if (token.IsEmpty || !keys.IsCompletedSuccessfully || keys.Result is not { } issuer) // the handlers await the first fetch
        {
            return false;
        }

        if (_validated.Find(token, issuer) is not { } caller)
        {
            Interlocked.Increment(ref _misses);
            return false;
        }

        Interlocked.Increment(ref _hits);
        context.User = caller;
        return true;
    }

    private static Measurement<long> Lookups(ref long count, string result) =>
        new(Volatile.Read(ref count), new KeyValuePair<string, object?>("result", result));
}
