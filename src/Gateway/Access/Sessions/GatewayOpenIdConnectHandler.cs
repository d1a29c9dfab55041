using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The shipped sign-in with two changes. The shipped handler sends the client's secret in the body, regardless of the
/// provider's metadata; its event for that, HandleCodeRedemption, would skip the check of the nonce. And it has no log: the
/// shipped one writes an error with a stack for each failed callback, which a stranger can send, and cookies and addresses
/// at lower levels. <see cref="GatewayOpenIdConnectEvents"/> logs each failure once.
/// </summary>
internal sealed class GatewayOpenIdConnectHandler(
    OidcClient endpoint, IOptionsMonitor<OpenIdConnectOptions> options, HtmlEncoder htmlEncoder, UrlEncoder encoder)
    : OpenIdConnectHandler(options, NullLoggerFactory.Instance, htmlEncoder, encoder)
{
    /// <summary>Refuses a POST, whose body the shipped handler would read; <c>response_mode=query</c> has no body.</summary>
    protected override async Task<HandleRequestResult> HandleRemoteAuthenticateAsync()
    {
        SessionEndpoints.SeverFromOpener(Response);
        return HttpMethods.IsGet(Request.Method)
            ? await base.HandleRemoteAuthenticateAsync()
            : HandleRequestResult.Fail(new SignInRefusedException("The callback was called by another method than GET."));
    }

    protected override Task<OpenIdConnectMessage> RedeemAuthorizationCodeAsync(OpenIdConnectMessage tokenEndpointRequest) =>
        endpoint.RequestAsync(tokenEndpointRequest.Parameters
            .Where(field => field.Key is not (OpenIdConnectParameterNames.ClientId or OpenIdConnectParameterNames.ClientSecret))
            .ToDictionary(StringComparer.Ordinal));
}
