using System.Net;
using System.Net.Http.Headers;

namespace NclueGateway.Sandbox;

/// <summary>
/// Text that the sandbox prints once it runs: the addresses of its servers, and commands that work as pasted.
/// </summary>
internal static class Banner
{
    /// <summary>
    /// Checks that all servers respond, gets tokens, and returns the text. The tokens are valid in this sandbox only.
    /// </summary>
    /// <exception cref="HttpRequestException">
    /// A server did not respond with 200, or the provider issued no token.
    /// </exception>
    public static async Task<string> WriteAsync(SandboxHost sandbox, CancellationToken cancellationToken)
    {
        var mayRead = await sandbox.Identity.GetServiceTokenAsync(cancellationToken);
        var mayNot = await sandbox.Identity.GetUserTokenAsync("outsider", cancellationToken);
        var list = new Uri(sandbox.GatewayAddress, "/api/task-runs?limit=5");
        var changes = new Uri(sandbox.GatewayAddress, "/api/task-runs/changes");
        var failed = new Uri(sandbox.GatewayAddress, "/api/task-runs?status=failed&limit=5");

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await ExpectResponseAsync(http, sandbox.Nclue.FaultsAddress, token: null, cancellationToken);
        var discovery = new Uri(sandbox.Identity.Authority, ".well-known/openid-configuration");
        await ExpectResponseAsync(http, discovery, token: null, cancellationToken);
        await ExpectResponseAsync(http, list, mayRead, cancellationToken);
        await ExpectResponseAsync(http, sandbox.FrontendAddress, token: null, cancellationToken);

        return $$"""

            NclueGateway sandbox

              console            {{new Uri(sandbox.GatewayAddress, "/console")}}

            Open the console in Chrome or Edge and sign in as "reader". Other browsers may refuse its cookie without https.

              gateway            {{sandbox.GatewayAddress}}
              Swagger UI         {{new Uri(sandbox.GatewayAddress, "/swagger")}}
              simulated NCLUE    {{sandbox.Nclue.BaseAddress}}
              identity provider  {{sandbox.Identity.Authority}}
              sample frontend    {{sandbox.FrontendAddress}}

            The sample frontend and Swagger UI have the same sign-in.

            A token of the service client "reporting", which may read task runs, valid for 12 hours:

            {{mayRead}}

            Read the newest five runs:

            curl -si -H "Authorization: Bearer {{mayRead}}" "{{list}}"

            Search the whole list, here for the newest failed runs. The gateway reads the list first; curl retries until then:

            curl -sf --retry 9 -H "Authorization: Bearer {{mayRead}}" "{{failed}}"

            Watch the list change (Ctrl-C ends it; the console and the sample frontend show the same):

            curl -sN -H "Accept: text/event-stream" -H "Authorization: Bearer {{mayRead}}" "{{changes}}"

            The first request as the user "outsider", who may not read task runs (403):

            curl -si -H "Authorization: Bearer {{mayNot}}" "{{list}}"

            Make the simulated NCLUE fail, until the second command ends it:

            curl -s -X PUT -d "{\"status\":503}" "{{sandbox.Nclue.FaultsAddress}}"
            curl -s -X DELETE "{{sandbox.Nclue.FaultsAddress}}"

            Press Ctrl-C to stop.

            """;
    }

    private static async Task ExpectResponseAsync(HttpClient http, Uri address, string? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"{address} responded with {(int)response.StatusCode}.", inner: null, response.StatusCode);
        }
    }
}
