using System.Diagnostics.Metrics;
using NclueGateway.Hosting;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Signs in whoever sends an access token that is known to be good (<see cref="TokenCache"/>). Everybody else, whatever they send, is for the
/// framework's handlers, which cost a request several times as much.
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

    /// <summary>Says whose request it is, if its token is known.</summary>
    public bool TrySignIn(HttpContext context)
    {
        if (context.Request.Headers.Authorization is not [{ } value] || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // Asking for the keys is also what has them fetched every hour: a withdrawn key is noticed however few tokens are checked.
        var token = value.AsSpan(Scheme.Length).Trim();
        var keys = _keys.GetAsync();
        if (token.IsEmpty || !keys.IsCompletedSuccessfully || keys.Result is not { } issuer) // the first fetch is waited for later
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

    private static Measurement<long> Lookups(ref long count, string result) => new(Volatile.Read(ref count), new KeyValuePair<string, object?>("result", result));
}
