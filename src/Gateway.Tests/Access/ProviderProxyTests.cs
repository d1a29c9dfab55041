using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using NclueGateway.Access.Bearer;
using NclueGateway.Http;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>Requests to the identity provider through a proxy.</summary>
[Trait("Needs", "Processes")]
public sealed class ProviderProxyTests
{
    private const string Password = "proxy-password-canary";

    private static readonly (string, string)[] Credentials = [("Auth:ProxyUser", "gateway"), ("Auth:ProxyPassword", Password)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_requests_of_a_sign_in_go_through_the_proxy(bool hasPassword)
    {
        await using var proxy = await Tinyproxy.StartAsync(hasPassword ? $"BasicAuth gateway {Password}" : "");
        await using var gateway = await SessionHost.StartAsync(
            issuer =>
            {
                issuer.SignIn.Granted = _ => "openid";
                issuer.SignIn.UserInfo = new JsonObject { ["roles"] = "task-runs:read" };
            },
            [("Auth:Proxy", proxy.Address), .. hasPassword ? Credentials : []]);
        using var browser = new CookieClient(gateway.Address);

        await browser.SignInAsync();

        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        proxy.Requests.Distinct().ShouldBe(
            new[] { "GET {0}/.well-known/openid-configuration", "GET {0}/keys", "POST {0}/token", "GET {0}/userinfo" }
                .Select(request => request.Replace("{0}", gateway.Issuer.Address, StringComparison.Ordinal) + " HTTP/1.1"));
        gateway.Issuer.MetadataFetches.ShouldBe(1);
        string[] forms = [Password, Convert.ToBase64String(Encoding.UTF8.GetBytes($"gateway:{Password}"))];
        gateway.Logs.GetSnapshot().Select(entry => $"{entry.Message} {entry.Exception}").Append(gateway.Written.ToString())
            .ShouldAllBe(line => !forms.Any(line.Contains));
    }

    [Fact]
    public async Task A_caller_learns_that_the_proxy_refuses_the_gateway()
    {
        await using var proxy = await Tinyproxy.StartAsync($"BasicAuth gateway {Password}");
        await using var host = await AccessHost.StartAsync(auth => auth.Proxy = proxy.Address);

        using var response = await host.GetWithAsync();

        var body = await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        body["detail"]!.GetValue<string>().ShouldBe(
            "The gateway cannot check tokens now: the proxy (Auth:Proxy) requires a user and password (HTTP 407). "
            + "Try again in some seconds.");
        host.Issuer.MetadataFetches.ShouldBe(0);
    }

    [Fact]
    public async Task A_caller_learns_that_the_proxy_hangs()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var host = await AccessHost.StartAsync(auth => auth.Proxy = $"http://{silent.LocalEndpoint}");

        var request = host.GetWithAsync();
        using var connection = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        host.Time.Advance(ProviderHttp.Timeout);
        using var response = await request;

        var body = await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        body["detail"]!.GetValue<string>().ShouldContain("no response came through the proxy (Auth:Proxy) in time");
    }

    [Fact]
    public async Task A_sign_in_that_the_proxy_prevents_is_logged_with_the_reason()
    {
        await using var proxy = await Tinyproxy.StartAsync();
        await using var gateway = await SessionHost.StartAsync(("Auth:Proxy", proxy.Address));
        using var browser = new CookieClient(gateway.Address);
        using var callback = await browser.FollowAsync(
            "/session/login", to => to.OriginalString.Contains("/session/callback", StringComparison.Ordinal));
        await proxy.StopAsync();

        using var response = await browser.GetAsync(callback.Headers.Location!.PathAndQuery, csrf: null);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        const string reason = "The provider cannot be reached: the proxy (Auth:Proxy) cannot be reached (ConnectionError).";
        gateway.Logs.GetSnapshot()
            .ShouldContain(entry => $"{entry.Message} {entry.Exception}".Contains(reason, StringComparison.Ordinal));
    }
}
