using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Validates a JWT of any kind with the keys of <see cref="OidcMetadataCache"/>. For a token with an unknown key it
/// fetches the keys and validates once more, so that the first request after a key rollover succeeds.
/// </summary>
internal abstract class OidcTokenHandler(OidcMetadataCache keys) : JsonWebTokenHandler
{
    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        if (CompactJws.Validate(token) is { } reason)
        {
            return Refused(reason);
        }

        if (await keys.GetAsync() is not { } known)
        {
            return Refused(new TokenUncheckedException());
        }

        var result = await CheckAsync(token, validationParameters, known);
        if (result.Exception is not SecurityTokenSignatureKeyNotFoundException)
        {
            return result;
        }

        var latest = await keys.RefreshAsync(known);
        return latest is null ? Refused(new TokenUncheckedException())
            : latest == known ? result
            : await CheckAsync(token, validationParameters, latest);
    }

    /// <summary>The issuers that a token may name.</summary>
    protected abstract IEnumerable<string> IssuersOf(OpenIdConnectConfiguration provider);

    private static TokenValidationResult Refused(Exception reason) => new() { IsValid = false, Exception = reason };

    private Task<TokenValidationResult> CheckAsync(
        string token, TokenValidationParameters validationParameters, OpenIdConnectConfiguration issuer)
    {
        var parameters = validationParameters.Clone();
        parameters.ConfigurationManager = null; // the framework's own settings may have set one
        parameters.RequireSignedTokens = true; // the framework's sign-in accepts an unsigned id token over TLS
        parameters.ValidIssuer = null;
        parameters.ValidIssuers = IssuersOf(issuer);
        parameters.IssuerSigningKeys = issuer.SigningKeys;
        return base.ValidateTokenAsync(token, parameters);
    }
}

/// <summary>The check of an access token, for which AD FS has an issuer of its own.</summary>
internal sealed class AccessTokenHandler(OidcMetadataCache keys) : OidcTokenHandler(keys)
{
    protected override IEnumerable<string> IssuersOf(OpenIdConnectConfiguration provider) =>
        OidcMetadataCache.AccessTokenIssuerOf(provider) is { } own ? [provider.Issuer, own] : [provider.Issuer];
}

/// <summary>The check of an id token or a logout token.</summary>
internal sealed class IdTokenHandler(OidcMetadataCache keys) : OidcTokenHandler(keys)
{
    protected override IEnumerable<string> IssuersOf(OpenIdConnectConfiguration provider) => [provider.Issuer];
}

/// <summary>
/// The exception that is thrown when a token cannot be validated because the identity provider's keys are not
/// available.
/// </summary>
internal sealed class TokenUncheckedException : SecurityTokenException;

/// <summary>
/// The exception that is thrown for a well-formed token that is refused for its content. The message is the gateway's
/// own and may be shown.
/// </summary>
internal sealed class TokenRefusedException(string message) : SecurityTokenException(message);
