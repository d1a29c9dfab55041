using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The framework's sign-in with two changes. (1) The client authenticates by the method in the provider's metadata; the
/// framework's handler always sends the secret in the body. Its event HandleCodeRedemption is not used, because it
/// skips the check of the nonce. (2) The handler does not log: the framework's handler logs an error with a stack trace
/// for each failed callback, which any client can cause, and logs cookies and addresses at lower levels.
/// <see cref="GatewayOpenIdConnectEvents"/> logs each failure once.
/// </summary>
internal sealed class GatewayOpenIdConnectHandler(
    OidcClient endpoint, IOptionsMonitor<OpenIdConnectOptions> options, HtmlEncoder htmlEncoder, UrlEncoder encoder)
    : OpenIdConnectHandler(options, NullLoggerFactory.Instance, htmlEncoder, encoder)
{
    /// <summary>
    /// Refuses a POST, whose body the framework's handler would read; <c>response_mode=query</c> has no body.
    /// </summary>
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
