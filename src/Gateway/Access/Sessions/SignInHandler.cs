using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The shipped sign-in, which sends the client's secret in the body whatever the provider wants. (Its event for that, HandleCodeRedemption,
/// would leave out the check of the nonce.)
/// </summary>
internal sealed class SignInHandler(
    TokenEndpoint endpoint, IOptionsMonitor<OpenIdConnectOptions> options, ILoggerFactory logger, HtmlEncoder htmlEncoder, UrlEncoder encoder)
    : OpenIdConnectHandler(options, logger, htmlEncoder, encoder)
{
    protected override Task<OpenIdConnectMessage> RedeemAuthorizationCodeAsync(OpenIdConnectMessage tokenEndpointRequest) =>
        endpoint.RequestAsync(tokenEndpointRequest.Parameters
            .Where(field => field.Key is not (OpenIdConnectParameterNames.ClientId or OpenIdConnectParameterNames.ClientSecret))
            .ToDictionary(StringComparer.Ordinal));
}
