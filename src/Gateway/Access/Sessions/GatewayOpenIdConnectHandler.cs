using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The shipped sign-in, which sends the client's secret in the body whatever the provider wants. (Its event for that, HandleCodeRedemption,
/// would leave out the check of the nonce.) It has no log: it writes an error with a stack for each callback that fails, which a stranger can
/// send, and cookies and addresses at lower levels. <see cref="GatewayOpenIdConnectEvents"/> logs each failure once.
/// </summary>
internal sealed class GatewayOpenIdConnectHandler(OidcClient endpoint, IOptionsMonitor<OpenIdConnectOptions> options, HtmlEncoder htmlEncoder, UrlEncoder encoder)
    : OpenIdConnectHandler(options, NullLoggerFactory.Instance, htmlEncoder, encoder)
{
    /// <summary>The shipped handler would read the body of a POST, too; with <c>response_mode=query</c> there is none to read.</summary>
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
