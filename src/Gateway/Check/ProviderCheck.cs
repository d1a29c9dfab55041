using System.Text.Json;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;
using NclueGateway.Access.Sessions;

namespace NclueGateway.Check;

/// <summary>Checks the identity provider's metadata and keys, fetched as the gateway fetches them.</summary>
internal sealed class ProviderCheck(AuthOptions auth, BrowserSessionOptions session, OidcMetadataCache keys)
{
    private const string Name = CheckReport.IdentityProvider;

    public async Task<Finding> RunAsync()
    {
        if (await keys.GetAsync() is not { } metadata)
        {
            if (keys.Failure is OtherIssuerException { Issuer: var other })
            {
                return Finding.Failed(
                    Name,
                    $"{auth.Authority} has the metadata of another issuer, {other}: they are not used (OpenID Connect Discovery 1.0 §4.3).",
                    "Set Auth:Authority to the provider's issuer. If its metadata are not below its issuer, set Auth:Issuer to it.");
            }

            return Finding.Failed(
                Name,
                $"{auth.Authority} {Describe(keys.Failure)}.",
                auth.Egress.Describe(keys.Failure) is not null
                    ? $"This machine must reach the proxy, {auth.Proxy}, and the proxy must allow CONNECT to the provider's hosts. "
                        + "User and password are Auth:ProxyUser and Auth:ProxyPassword."
                    : "Compare Auth:Authority with the provider's issuer: its metadata are below it, at .well-known/openid-configuration. "
                        + "This machine must reach it and trust its certificate.");
        }

        if (session.IsOn && (string.IsNullOrEmpty(metadata.AuthorizationEndpoint) || string.IsNullOrEmpty(metadata.TokenEndpoint)))
        {
            return Finding.Failed(
                Name,
                "The provider's metadata name no authorization or no token endpoint, which browser sign-in needs.",
                "Compare Auth:Authority with the provider's issuer.");
        }

        var seen = $"{metadata.Issuer} has {metadata.SigningKeys.Count} signing {(metadata.SigningKeys.Count == 1 ? "key" : "keys")}";
        if (OidcMetadataCache.AccessTokenIssuerOf(metadata) is { } accessTokenIssuer)
        {
            seen += $"; access tokens may also come from {accessTokenIssuer} (access_token_issuer)";
        }

        List<(string Seen, string Advice)> warnings = [];
        if (metadata.SigningKeys.Count(TokenValidation.IsTooShort) is > 0 and var tooShort)
        {
            warnings.Add((
                $"RSA keys of less than {TokenValidation.LeastRsaBits} bits among them: {tooShort}. "
                + "Tokens signed with these are refused (RFC 7518 §3.3).",
                "Have the provider use longer keys."));
        }

        // RFC 6749 §5.1: a token response without a scope grants the requested one. Without a list in the metadata, the gateway
        // requests all scopes that it needs.
        if (session.IsOn && metadata.ScopesSupported is not { Count: > 0 } && auth.PermissionClaims.Contains("scope"))
        {
            warnings.Add((
                "Its metadata list no scopes (scopes_supported). If it also omits scope in its token responses, "
                + $"each person who can sign in counts as granted {auth.ReadScope}.",
                "Unless everyone with an account there may read, have the provider list its scopes, or decide by a role or group: "
                + "set Auth:PermissionClaims without scope, or Auth:RequiredClaims."));
        }

        return warnings.Count == 0
            ? Finding.Fine(Name, $"{seen}.")
            : Finding.Warning(
                Name,
                string.Join(' ', warnings.Select(warning => warning.Seen).Prepend($"{seen}.")),
                string.Join(' ', warnings.Select(warning => warning.Advice)));
    }

    private string Describe(Exception? failure) => failure switch
    {
        _ when auth.Egress.Describe(failure) is { } proxy => $"cannot be reached: {proxy}",
        HttpRequestException { StatusCode: { } status } => $"responded HTTP {(int)status}",
        HttpRequestException { HttpRequestError: var kind and not HttpRequestError.Unknown } => $"cannot be reached ({kind})",
        HttpRequestException or IOException => "cannot be reached",
        OperationCanceledException => $"did not respond within {ProviderHttp.Timeout.TotalSeconds:0} s",
        InvalidDataException { Message: var message } => $"cannot be used: {message.TrimEnd('.')}",
        JsonException or ArgumentException or InvalidOperationException => "sent something other than a provider's metadata or keys",
        _ => "did not return its metadata and keys",
    };
}
