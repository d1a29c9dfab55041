using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using NclueGateway.Access.Callers;
using NclueGateway.Hosting;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Validated access tokens with their callers: verifying a signature costs more than the rest of a read. An entry is
/// valid until the token expires (without the clock skew that a validation allows), for at most <see cref="KeepFor"/>,
/// and only while the key that verified the token is still one of the issuer's. After that the token is validated
/// again. Refusals are not cached.
/// </summary>
/// <remarks>
/// Two generations: tokens enter the young one. When it is full it becomes the old one, whose tokens are evicted unless
/// they are used again.
/// </remarks>
internal sealed class TokenCache(TimeProvider time)
{
    /// <summary>Maximum time for which an entry is valid.</summary>
    public static readonly TimeSpan KeepFor = TimeSpan.FromMinutes(5);

    /// <summary>Maximum number of tokens in both generations together.</summary>
    public const int MostTokens = 10_000;

    /// <summary>Maximum length of an access token in characters. Longer ones are refused before they are parsed.</summary>
    public const int LongestToken = 16 * 1024;

    private readonly Lock _gate = new();
    private ConcurrentDictionary<TokenHash, Entry> _young = new();
    private ConcurrentDictionary<TokenHash, Entry> _old = new();
    private int _room = MostTokens / 2;

    /// <summary>Number of cached tokens.</summary>
    public int Count => _young.Count + _old.Count;

    /// <summary>Returns the entry of a token; null when the token has to be validated.</summary>
    /// <param name="token">The whole token, as it was sent.</param>
    /// <param name="issuer">The issuer's current metadata.</param>
    public Entry? Find(ReadOnlySpan<char> token, OpenIdConnectConfiguration issuer)
    {
        if (!TokenHash.TryOf(token, out var hash))
        {
            return null;
        }

        if (_young.TryGetValue(hash, out var entry))
        {
            return IsGood(entry, issuer) ? entry : null;
        }

        if (_old.TryRemove(hash, out entry) && IsGood(entry, issuer))
        {
            Add(hash, entry);
            return entry;
        }

        return null;
    }

    /// <summary>Caches the caller of a token that has just been validated.</summary>
    public void Keep(JsonWebToken token, AuthenticatedCaller caller)
    {
        // A token past its expiry, accepted only for the clock skew, is not cached.
        if (token.ValidTo > time.GetUtcNow().UtcDateTime && TokenHash.TryOf(token.EncodedToken, out var hash))
        {
            Add(hash, new(caller, token.SigningKey, token.ValidTo, time.GetTimestamp()));
        }
    }

    private bool IsGood(Entry entry, OpenIdConnectConfiguration issuer) =>
        entry.Expires > time.GetUtcNow().UtcDateTime
        && time.GetElapsedTime(entry.CheckedAt) < KeepFor
        && issuer.SigningKeys.Contains(entry.Key); // by instance: OidcMetadataCache keeps them while the documents are the same

    private void Add(TokenHash hash, Entry entry)
    {
        if (!_young.TryAdd(hash, entry))
        {
            _young[hash] = entry; // validated again
            return;
        }

        if (Interlocked.Decrement(ref _room) > 0)
        {
            return;
        }

        lock (_gate)
        {
            if (_room <= 0)
            {
                (_young, _old) = (new(), _young);
                _room = MostTokens / 2;
            }
        }
    }

    /// <summary>
    /// A validated token. It is also the result of the authentication, which authorization would otherwise create for each
    /// request.
    /// </summary>
    public sealed record Entry(AuthenticatedCaller Caller, SecurityKey Key, DateTime Expires, long CheckedAt) : IAuthenticateResultFeature
    {
        private readonly AuthenticateResult _result =
            AuthenticateResult.Success(new AuthenticationTicket(Caller, JwtBearerDefaults.AuthenticationScheme));

        AuthenticateResult? IAuthenticateResultFeature.AuthenticateResult
        {
            get => _result;
            set
            {
                // Authorization sets the result that it has read. Requests share the entry, so none may change it.
            }
        }
    }

    /// <summary>SHA-256 of all characters of a token, so that no token is stored.</summary>
    private readonly record struct TokenHash(UInt128 First, UInt128 Second)
    {
        private const int OnStack = 2 * 1024;

        /// <returns>False for a text that is too long or not ASCII: a token is ASCII (RFC 7515 §7.1).</returns>
        public static bool TryOf(ReadOnlySpan<char> token, out TokenHash hash)
        {
            hash = default;
            if (token.Length > LongestToken)
            {
                return false;
            }

            Span<byte> bytes = token.Length <= OnStack ? stackalloc byte[OnStack] : new byte[token.Length];
            if (Ascii.FromUtf16(token, bytes, out var length) != OperationStatus.Done)
            {
                return false;
            }

            SHA256.HashData(bytes[..length], MemoryMarshal.AsBytes(new Span<TokenHash>(ref hash)));
            return true;
        }

        // A part of a SHA-256 is already uniformly distributed.
        public override int GetHashCode() => (int)First;
    }
}

/// <summary>
/// Authenticates callers by <see cref="TokenCache"/>, else by the framework's handlers, which cost several times as much.
/// On a public path tokens and cookies are not read, so invented ones cost nothing.
/// </summary>
internal sealed class TokenCacheMiddleware
{
    private const string Scheme = "Bearer ";

    private readonly RequestDelegate _handlers;
    private readonly Func<RequestDelegate> _rest;
    private readonly TokenCache _tokens;
    private readonly OidcMetadataCache _keys;
    private long _hits;
    private long _misses;

    /// <param name="handlers">The framework's authentication and the pipeline after it.</param>
    /// <param name="rest">Returns the pipeline after the framework's authentication.</param>
    /// <param name="tokens">The validated tokens.</param>
    /// <param name="keys">The issuer's current keys.</param>
    /// <param name="meters">Creates the metric of lookups.</param>
    public TokenCacheMiddleware(
        RequestDelegate handlers, Func<RequestDelegate> rest, TokenCache tokens, OidcMetadataCache keys, IMeterFactory meters)
    {
        (_handlers, _rest, _tokens, _keys) = (handlers, rest, tokens, keys);
        meters.CreateGatewayMeter().CreateObservableCounter(
            "nclue_gateway.token_cache.lookups",
            () => (Measurement<long>[])[Lookups(ref _hits, "hit"), Lookups(ref _misses, "miss")],
            "{token}",
            "Access tokens by whether they were known to be good: hit, miss.");
    }

    /// <summary>
    /// Returns true if the endpoint requires an authenticated caller. All endpoints do, except those that allow
    /// anonymous callers.
    /// </summary>
    public static bool IsClosed(Endpoint? endpoint) =>
        endpoint is RouteEndpoint && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null;

    public Task InvokeAsync(HttpContext context) =>
        NeedsAuthentication(context.GetEndpoint()) && !TryAuthenticate(context) ? _handlers(context) : _rest()(context);

    private static bool NeedsAuthentication(Endpoint? endpoint) =>
        IsClosed(endpoint) || endpoint?.Metadata.GetMetadata<OptionalAuthentication>() is not null;

    /// <summary>Sets the caller of a request whose token is cached; returns false otherwise.</summary>
    private bool TryAuthenticate(HttpContext context)
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

        if (_tokens.Find(token, issuer) is not { } entry)
        {
            Interlocked.Increment(ref _misses);
            return false;
        }

        Interlocked.Increment(ref _hits);
        context.User = entry.Caller;
        context.Features.Set<IAuthenticateResultFeature>(entry);
        return true;
    }

    private static Measurement<long> Lookups(ref long count, string result) =>
        new(Volatile.Read(ref count), new KeyValuePair<string, object?>("result", result));
}

internal static class TokenCacheMiddlewareExtensions
{
    /// <summary>Adds authentication by the token cache and by the framework's handlers. Comes after routing.</summary>
    /// <param name="app">The application.</param>
    /// <param name="configureUncached">Adds middleware for requests that the framework's handlers authenticate.</param>
    public static void UseCachedAuthentication(this WebApplication app, Action<IApplicationBuilder>? configureUncached = null)
    {
        RequestDelegate rest = null!;
        app.UseMiddleware<TokenCacheMiddleware>((Func<RequestDelegate>)(() => rest));

        // UseWhen is no alternative: with UseAuthentication() in a branch only, the framework adds its own middleware in
        // front of the pipeline.
        app.UseAuthentication();
        configureUncached?.Invoke(app);
        app.Use(next => rest = next);
    }
}
