using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace NclueGateway.Access;

/// <summary>What makes a JWT of the provider good (RFC 7519, RFC 8725), and an access token for this gateway (RFC 9068).</summary>
internal static class TokenRules
{
    /// <summary>How far the provider's clock and ours may be apart.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);

    // RFC 8725 §3.11: the media types that an access token may name. Many providers leave the header out or say JWT.
    private static readonly string[] Types = ["JWT", "at+jwt", "application/at+jwt"];

    // Only asymmetric: with HS256 the provider's public key would be the secret. Of an ES algorithm, the size of its one curve in bits
    // (RFC 7518 §3.4); the library makes keys of no other curve of that size.
    private static readonly Dictionary<string, int?> Algorithms = new(StringComparer.Ordinal)
    {
        ["RS256"] = null, ["RS384"] = null, ["RS512"] = null,
        ["PS256"] = null, ["PS384"] = null, ["PS512"] = null,
        ["ES256"] = 256, ["ES384"] = 384, ["ES512"] = 521,
    };

    /// <summary>The rules; the issuer and its keys are added for each token by <see cref="IssuerTokenHandler"/>.</summary>
    public static TokenValidationParameters ForAccess(AuthOptions options, TimeProvider time)
    {
        var rules = For(options.Audience, time);
        rules.TypeValidator = (type, token, _) => RequireAccessToken(type, (JsonWebToken)token);
        rules.NameClaimType = options.SubjectClaim;
        return rules;
    }

    /// <summary>What holds for every token of the provider: who it is for, how it is signed, and when it is good.</summary>
    public static TokenValidationParameters For(string audience, TimeProvider time) => new()
    {
        ValidAudience = audience,
        IgnoreTrailingSlashWhenValidatingAudience = false,
        AlgorithmValidator = (algorithm, key, _, _) => Algorithms.TryGetValue(algorithm, out var curve) && (curve is null || key.KeySize == curve),
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        LifetimeValidator = (notBefore, expires, _, rules) =>
            (expires is null && !rules.RequireExpirationTime) || IsCurrent(notBefore, expires, time.GetUtcNow().UtcDateTime),
    };

    /// <summary>The library's own rule, by the injected clock (the library's is internal).</summary>
    private static bool IsCurrent(DateTime? notBefore, DateTime? expires, DateTime now) => expires switch
    {
        null => throw new SecurityTokenNoExpirationException(),
        { } end when end < now - ClockSkew => throw new SecurityTokenExpiredException { Expires = end },
        _ when notBefore is { } start && start > now + ClockSkew => throw new SecurityTokenNotYetValidException { NotBefore = start },
        _ => true,
    };

    /// <summary>
    /// Id tokens say who signed in, not who may call (OpenID Connect Core §2); logout tokens end a session (Back-Channel Logout §2.4). The
    /// same provider signs both, with the same key.
    /// </summary>
    private static string RequireAccessToken(string? type, JsonWebToken token)
    {
        if (!string.IsNullOrEmpty(type) && !Types.Contains(type, StringComparer.OrdinalIgnoreCase))
        {
            throw new TokenRefusedException("The token's type is not that of an access token");
        }

        if (token.TryGetPayloadValue<object>("nonce", out _) || token.TryGetPayloadValue<object>("at_hash", out _))
        {
            throw new TokenRefusedException("An id token is not an access token");
        }

        if (token.TryGetPayloadValue<object>("events", out _))
        {
            throw new TokenRefusedException("A logout token is not an access token");
        }

        if (token.TryGetPayloadValue<object>("cnf", out _))
        {
            // RFC 7800 §3.1: only a caller that proves to have the key (DPoP, mTLS) may use it, and the gateway asks for no proof.
            throw new TokenRefusedException("The token is bound to a key and is not a bearer token");
        }

        return type ?? "";
    }
}
