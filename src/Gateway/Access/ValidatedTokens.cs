using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace NclueGateway.Access;

/// <summary>
/// Access tokens that were found good, and whom each one stands for: checking a signature costs more than everything else about a read. A
/// token counts until its expiry (without the clock skew that a check allows), for at most <see cref="KeepFor"/>, and only while the very
/// key that verified it is one of the issuer's; after that it is checked again. Refusals are not kept.
/// </summary>
/// <remarks>
/// Two generations: tokens enter the young one, and when that is full it becomes the old one, whose tokens go unless they are used again.
/// </remarks>
internal sealed class ValidatedTokens(TimeProvider time)
{
    /// <summary>The longest that a check is good for.</summary>
    public static readonly TimeSpan KeepFor = TimeSpan.FromMinutes(5);

    /// <summary>The most tokens of both generations together.</summary>
    public const int MostTokens = 10_000;

    /// <summary>The longest token that is kept, in characters; its claims take a few times as much memory.</summary>
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
    public SignedInCaller? Find(string token, OpenIdConnectConfiguration issuer)
    {
        var hash = TokenHash.Of(token);
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
    public void Keep(JsonWebToken token, SignedInCaller caller)
    {
        // A token that is past its expiry, and good only for the clock skew, never gets here twice.
        if (token.EncodedToken.Length <= LongestToken && token.ValidTo > time.GetUtcNow().UtcDateTime)
        {
            Add(TokenHash.Of(token.EncodedToken), new(caller, token.SigningKey, token.ValidTo, time.GetTimestamp()));
        }
    }

    private bool IsGood(Entry entry, OpenIdConnectConfiguration issuer) =>
        entry.Expires > time.GetUtcNow().UtcDateTime
        && time.GetElapsedTime(entry.CheckedAt) < KeepFor
        && issuer.SigningKeys.Contains(entry.Key); // by instance: keys that were fetched anew are others, even if they look the same

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

    private sealed record Entry(SignedInCaller Caller, SecurityKey Key, DateTime Expires, long CheckedAt);

    /// <summary>SHA-256 of all characters of a token, so that none has to be kept.</summary>
    private readonly record struct TokenHash(UInt128 First, UInt128 Second)
    {
        public static TokenHash Of(string token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(MemoryMarshal.AsBytes(token.AsSpan()), hash);
            return MemoryMarshal.Read<TokenHash>(hash);
        }
    }
}
