using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Validated access tokens with their callers: verifying a signature costs more than the rest of a read. An entry counts
/// until the token expires (without the clock skew that a validation allows), for at most <see cref="KeepFor"/>. It also
/// requires that the instance of the key that verified it is still one of the issuer's. After that the token is validated
/// again. Refusals are not cached.
/// </summary>
/// <remarks>
/// Two generations: tokens enter the young one. When it is full it becomes the old one, whose tokens are evicted unless
/// they are used again.
/// </remarks>
internal sealed class TokenCache(TimeProvider time)
{
    /// <summary>Maximum time that a validation counts.</summary>
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

    /// <summary>Returns the caller of a token; null when the token has to be validated.</summary>
    /// <param name="token">The whole token, as it was sent.</param>
    /// <param name="issuer">The issuer's current metadata.</param>
    public AuthenticatedCaller? Find(ReadOnlySpan<char> token, OpenIdConnectConfiguration issuer)
    {
        if (!TokenHash.TryOf(token, out var hash))
        {
            return null;
        }

        if (_young.TryGetValue(hash, out var entry))
        {
            return IsGood(entry, issuer) ? entry.Caller : null;
        }

        if (_old.TryRemove(hash, out entry) && IsGood(entry, issuer))
        {
            Add(hash, entry);
            return entry.Caller;
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
        && issuer.SigningKeys.Contains(entry.Key); // by instance: OidcMetadataCache keeps the instances of known keys

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

    private sealed record Entry(AuthenticatedCaller Caller, SecurityKey Key, DateTime Expires, long CheckedAt);

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
