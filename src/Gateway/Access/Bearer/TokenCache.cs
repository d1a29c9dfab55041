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
/// Access tokens that were found good, and whom each one stands for: checking a signature costs more than everything else about a read. A
/// token counts until its expiry (without the clock skew that a check allows), for at most <see cref="KeepFor"/>, and only while the very
/// key that verified it is one of the issuer's; after that it is checked again. Refusals are not kept.
/// </summary>
/// <remarks>
/// Two generations: tokens enter the young one, and when that is full it becomes the old one, whose tokens go unless they are used again.
/// </remarks>
internal sealed class TokenCache(TimeProvider time)
{
    /// <summary>The longest that a check is good for.</summary>
    public static readonly TimeSpan KeepFor = TimeSpan.FromMinutes(5);

    /// <summary>The most tokens of both generations together.</summary>
    public const int MostTokens = 10_000;

    /// <summary>The longest access token, in characters. Longer ones are refused before they are parsed.</summary>
    public const int LongestToken = 16 * 1024;

    private readonly Lock _gate = new();
    private ConcurrentDictionary<TokenHash, Entry> _young = new();
    private ConcurrentDictionary<TokenHash, Entry> _old = new();
    private int _room = MostTokens / 2;

    /// <summary>How many tokens are held.</summary>
    public int Count => _young.Count + _old.Count;

    /// <summary>Whom the token stands for; null when it has to be checked.</summary>
    /// <param name="token">The whole token, as it was sent.</param>
    /// <param name="issuer">What the issuer's keys are now.</param>
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

    /// <summary>Keeps what was decided about a token that has just been checked.</summary>
    public void Keep(JsonWebToken token, AuthenticatedCaller caller)
    {
        // A token that is past its expiry, and good only for the clock skew, never gets here twice.
        if (token.ValidTo > time.GetUtcNow().UtcDateTime && TokenHash.TryOf(token.EncodedToken, out var hash))
        {
            Add(hash, new(caller, token.SigningKey, token.ValidTo, time.GetTimestamp()));
        }
    }

    private bool IsGood(Entry entry, OpenIdConnectConfiguration issuer) =>
        entry.Expires > time.GetUtcNow().UtcDateTime
        && time.GetElapsedTime(entry.CheckedAt) < KeepFor
        && issuer.SigningKeys.Contains(entry.Key); // by instance: OidcMetadataCache keeps those of keys that it fetches again

    private void Add(TokenHash hash, Entry entry)
    {
        if (!_young.TryAdd(hash, entry))
        {
            _young[hash] = entry; // checked again
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

    /// <summary>SHA-256 of all characters of a token, so that none has to be kept.</summary>
    private readonly record struct TokenHash(UInt128 First, UInt128 Second)
    {
        private const int OnStack = 2 * 1024;

        /// <returns>False for what is too long, or no token at all: those are ASCII (RFC 7515, section 7.1).</returns>
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

        // It is as good as random already.
        public override int GetHashCode() => (int)First;
    }
}
