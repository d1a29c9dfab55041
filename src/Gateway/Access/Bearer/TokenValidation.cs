using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Bearer;

/// <summary>Validation rules for the provider's JWTs (RFC 7519, RFC 8725) and for access tokens (RFC 9068).</summary>
internal static class TokenValidation
{
    /// <summary>Maximum difference between the provider's clock and ours.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);

    /// <summary>Minimum length of an RSA key that signs tokens, in bits (RFC 7518 §3.3, §3.5).</summary>
    public const int LeastRsaBits = 2048;

    // RFC 8725 §3.11: the media types that an access token may name. Many providers omit the header or send "JWT".
    private static readonly string[] Types = ["JWT", "at+jwt", "application/at+jwt"];

    private static readonly (string Claim, string Reason)[] OfOtherTokens =
    [
        ("nonce", "An id token is not an access token"),
        ("at_hash", "An id token is not an access token"),
        ("events", "A logout token is not an access token"),

        // RFC 7800 §3.1: only a caller that proves possession of the key (DPoP, mTLS) may use it. The gateway asks for no proof.
        ("cnf", "The token is bound to a key and is not a bearer token"),
    ];

    /// <summary>Returns the rules; <see cref="OidcTokenHandler"/> adds the issuer and its keys for each token.</summary>
    public static TokenValidationParameters ForAccess(AuthOptions options, TimeProvider time)
    {
        var rules = For(options.AcceptedAudiences, time);
        rules.TypeValidator = (type, token, _) => RequireAccessToken(type, (JsonWebToken)token);
        rules.NameClaimType = options.SubjectClaim;
        return rules;
    }

    /// <summary>Returns the rules for every id token of this gateway.</summary>
    public static TokenValidationParameters ForIdToken(string clientId, TimeProvider time)
    {
        var rules = For([clientId], time);
        rules.NameClaimType = "name";
        return rules;
    }

    /// <summary>Returns true if a key is so short that all tokens signed with it are refused.</summary>
    public static bool IsTooShort(SecurityKey key) =>
        key is RsaSecurityKey or X509SecurityKey { PublicKey: not null } && key.KeySize < LeastRsaBits;

    /// <summary>Returns the rules for every token of the provider: audience (one of several), signature and lifetime.</summary>
    public static TokenValidationParameters For(IReadOnlyList<string> audiences, TimeProvider time) => new()
    {
        ValidAudiences = audiences,
        IgnoreTrailingSlashWhenValidatingAudience = false,
        AlgorithmValidator = (algorithm, key, _, _) => Fits(algorithm, key.KeySize),
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        LifetimeValidator = (notBefore, expires, _, rules) =>
            (expires is null && !rules.RequireExpirationTime) || IsCurrent(notBefore, expires, time.GetUtcNow().UtcDateTime),
    };

    /// <summary>
    /// Returns true if an algorithm is accepted with a key of that many bits. An ES algorithm takes one curve (RFC 7518
    /// §3.4; the library makes keys of no other curves of these sizes). RSA takes <see cref="LeastRsaBits"/> and more.
    /// </summary>
    private static bool Fits(string algorithm, int bits) => algorithm switch
    {
        "RS256" or "RS384" or "RS512" or "PS256" or "PS384" or "PS512" => bits >= LeastRsaBits,
        "ES256" => bits == 256,
        "ES384" => bits == 384,
        "ES512" => bits == 521,
        _ => false, // only asymmetric algorithms: with HS256 the provider's public key would be the secret
    };

    /// <summary>Applies the library's own lifetime rule by the injected clock (the library's is internal).</summary>
    private static bool IsCurrent(DateTime? notBefore, DateTime? expires, DateTime now) => expires switch
    {
        null => throw new SecurityTokenNoExpirationException(),
        { } end when end < now - ClockSkew => throw new SecurityTokenExpiredException { Expires = end },
        _ when notBefore is { } start && start > now + ClockSkew => throw new SecurityTokenNotYetValidException { NotBefore = start },
        _ => true,
    };

    /// <summary>
    /// Refuses id tokens, which identify a user and grant nothing (OpenID Connect Core §2), and logout tokens, which end a
    /// session (Back-Channel Logout §2.4). The same provider signs both, with the same key.
    /// </summary>
    private static string RequireAccessToken(string? type, JsonWebToken token)
    {
        if (!string.IsNullOrEmpty(type) && !Types.Contains(type, StringComparer.OrdinalIgnoreCase))
        {
            throw new TokenRefusedException("The token's type is not that of an access token");
        }

        foreach (var (claim, reason) in OfOtherTokens)
        {
            if (token.TryGetPayloadValue<object>(claim, out _))
            {
                throw new TokenRefusedException(reason);
            }
        }

        return type ?? "";
    }
}
