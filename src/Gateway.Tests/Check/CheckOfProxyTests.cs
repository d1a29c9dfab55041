using System.Net;
using System.Net.Sockets;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Upstream;

namespace NclueGateway.Tests.Check;

/// <summary>Findings of <c>check</c> about a proxy between the gateway and NCLUE or the identity provider.</summary>
public sealed class CheckOfProxyTests
{
    private const string Password = "proxy-password-canary";

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task A_proxy_that_refuses_is_reported_for_each_of_both_without_its_password()
    {
        await using var proxy = await Tinyproxy.StartAsync($"BasicAuth gateway {Password}");
        await using var installation = await CheckedInstallation.StartAsync(new() { UseHttps = true });
        installation.Settings["Auth:Authority"] = "https://id.example.com";
        installation.Settings["Nclue:Proxy"] = installation.Settings["Auth:Proxy"] = proxy.Address;

        var none = await installation.CheckAsync();
        installation.Settings["Nclue:ProxyUser"] = installation.Settings["Auth:ProxyUser"] = "gateway";
        installation.Settings["Nclue:ProxyPassword"] = installation.Settings["Auth:ProxyPassword"] = "another-canary";
        var wrong = await installation.CheckAsync();

        none.Failed.ShouldBe(["identity-provider", "nclue"]);
        wrong.Failed.ShouldBe(["identity-provider", "nclue"]);
        none["nclue"].Seen.ShouldBe("NCLUE cannot be reached: the proxy (Nclue:Proxy) requires a user and password (HTTP 407).");
        wrong["nclue"].Seen.ShouldBe("NCLUE cannot be reached: the proxy (Nclue:Proxy) refuses its user and password (HTTP 401).");
        wrong["nclue"].Advice!.ShouldContain(proxy.Address);
        wrong["nclue"].Advice!.ShouldContain($"CONNECT to {installation.Nclue.BaseAddress.Authority}");
        none["identity-provider"].Seen.ShouldBe(
            "https://id.example.com cannot be reached: the proxy (Auth:Proxy) requires a user and password (HTTP 407).");
        none["identity-provider"].Advice!.ShouldContain("Auth:ProxyPassword");
        proxy.Requests.Distinct().ShouldBe(
            ["CONNECT id.example.com:443 HTTP/1.1", $"CONNECT {installation.Nclue.BaseAddress.Authority} HTTP/1.1"], ignoreOrder: true);
        (none.Text + wrong.Text).ShouldNotContain("canary");
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task A_certificate_that_is_not_trusted_is_not_the_proxys_fault()
    {
        await using var proxy = await Tinyproxy.StartAsync($"BasicAuth gateway {Password}");
        await using var installation = await CheckedInstallation.StartAsync(new() { UseHttps = true });
        installation.Settings["Nclue:ProxyUser"] = "gateway";
        installation.Settings["Nclue:ProxyPassword"] = Password;

        var seen = await installation.CheckAsync("Nclue:Proxy", proxy.Address);

        seen["nclue"].Seen.ShouldBe("NCLUE cannot be reached (SecureConnectionError).");
        seen["nclue"].Advice!.ShouldStartWith("This machine must trust the certificate of");
        seen.Text.ShouldNotContain(Password);
    }

    [Fact]
    public async Task A_proxy_that_fails_or_hangs_is_reported()
    {
        await using var installation = await CheckedInstallation.StartAsync(new() { UseHttps = true });
        await using var failing = RawUpstream.Start("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", closes: true);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        installation.Settings["Auth:Proxy"] = $"http://127.0.0.1:{Nginx.FreePort()}";
        installation.Settings["Nclue:Timeout"] = "00:00:00.2";

        var bad = await installation.CheckAsync("Nclue:Proxy", failing.BaseAddress.GetLeftPart(UriPartial.Authority));
        installation.Settings["Auth:Proxy"] = $"http://{silent.LocalEndpoint}";
        var hanging = await installation.CheckAsync("Nclue:Proxy", $"http://{silent.LocalEndpoint}");

        bad["nclue"].Seen.ShouldBe("NCLUE cannot be reached: the proxy (Nclue:Proxy) opens no connection (HTTP 502).");
        bad["identity-provider"].Seen.ShouldEndWith("the proxy (Auth:Proxy) cannot be reached (ConnectionError).");
        hanging["nclue"].Seen.ShouldBe("NCLUE cannot be reached: the proxy (Nclue:Proxy) opened no connection within 0.2 s.");
        hanging["identity-provider"].Seen.ShouldEndWith("no response came through the proxy (Auth:Proxy) in time.");
    }

    [Theory]
    [InlineData("Nclue:Proxy", $"http://gateway:{Password}@proxy.example.com:3128", "Nclue:ProxyPassword")]
    [InlineData("Auth:Proxy", $"http://gateway:{Password}@proxy.example.com:3128", "Auth:ProxyPassword")]
    [InlineData("Auth:Proxy", $"gateway:{Password}@proxy.example.com", "Auth:ProxyPassword")]
    [InlineData("Nclue:Proxy", "proxy.example.com:3128", "http://proxy.example.com:3128")]
    [InlineData("Nclue:Proxy", "https://proxy.example.com:3128", "HTTP proxy")]
    [InlineData("Nclue:Proxy", "socks5://proxy.example.com", "HTTP proxy")]
    [InlineData("Auth:Proxy", "http://proxy.example.com/pac", "HTTP proxy")]
    [InlineData("Auth:ProxyUser", "gateway", "needs both")]
    [InlineData("Auth:ProxyPassword", Password, "needs both")]
    public async Task Mistakes_in_the_settings_are_reported_without_a_password(string key, string value, string words)
    {
        await using var installation = await CheckedInstallation.StartAsync(new() { UseHttps = true });

        var seen = await installation.CheckAsync(key, value);

        seen["settings"].Details.ShouldHaveSingleItem().ShouldContain(words);
        seen.Text.ShouldNotContain("canary");
    }

    [Theory]
    [InlineData("gate:way", "http://proxy.example.com:3128", "Nclue:ProxyUser: it contains a colon")]
    [InlineData("gateway", "", "Nclue:ProxyUser: it has no effect without Nclue:Proxy")]
    public async Task A_user_has_a_proxy_and_no_colon(string user, string proxy, string words)
    {
        await using var installation = await CheckedInstallation.StartAsync(new() { UseHttps = true });
        installation.Settings["Nclue:ProxyUser"] = user;
        installation.Settings["Nclue:ProxyPassword"] = Password;

        var seen = await installation.CheckAsync("Nclue:Proxy", proxy);

        seen["settings"].Details.ShouldHaveSingleItem().ShouldStartWith(words);
    }

    [Fact]
    public async Task A_proxy_would_see_a_signed_request_to_an_http_address()
    {
        await using var installation = await CheckedInstallation.StartAsync();

        var seen = await installation.CheckAsync("Nclue:Proxy", "http://proxy.example.com:3128");

        seen["settings"].Details.ShouldHaveSingleItem().ShouldStartWith("Nclue:Proxy: Nclue:BaseAddress must be https");
    }
}
