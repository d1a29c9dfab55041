using System.Text.Json;
using NclueGateway.Access;
using NclueGateway.Access.Sessions;

namespace NclueGateway.Check;

/// <summary>The identity provider's metadata and keys, fetched as the gateway fetches them.</summary>
internal sealed class ProviderCheck(AuthOptions auth, BrowserSessionOptions session, IssuerKeys keys)
{
    private const string Name = CheckReport.IdentityProvider;

    public async Task<Finding> RunAsync()
    {
        if (await keys.GetAsync() is not { } metadata)
        {
            return Finding.Failed(
                Name,
                $"{auth.Authority} {Describe(keys.Failure)}.",
                "Compare Auth:Authority with the provider's issuer: its metadata lie below it, at .well-known/openid-configuration. "
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
        return metadata.Issuer.TrimEnd('/') == auth.Authority.TrimEnd('/')
            ? Finding.Fine(Name, $"{seen}.")
            : Finding.Warning(
                Name,
                $"{seen}, but it was asked at {auth.Authority}.",
                "Only tokens of that issuer are accepted. If that is not whom you mean, correct Auth:Authority or the provider's own address.");
    }

    private static string Describe(Exception? failure) => failure switch
    {
        HttpRequestException { StatusCode: { } status } => $"answered HTTP {(int)status}",
        HttpRequestException { HttpRequestError: var kind and not HttpRequestError.Unknown } => $"cannot be reached ({kind})",
        HttpRequestException or IOException => "cannot be reached",
        OperationCanceledException => $"did not answer within {IssuerKeys.Timeout.TotalSeconds:0} s",
        InvalidDataException { Message: var message } => $"is of no use: {message.TrimEnd('.')}",
        JsonException or ArgumentException or InvalidOperationException => "answered what is not the metadata or the keys of a provider",
        _ => "did not give its metadata and keys",
    };
}
