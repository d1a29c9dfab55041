using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using NclueGateway.Http;
using NclueGateway.Tests.Access;

namespace NclueGateway.Tests.Http;

/// <summary>
/// Forwarded headers. The requests of the tests come from 127.0.0.1. By the settings, this address is either a known
/// proxy or not.
/// </summary>
public sealed class TrustedProxiesTests
{
    private const string Untouched = "http gateway 127.0.0.1";

    [Theory]
    [InlineData("127.0.0.1", "")]
    [InlineData("", "127.0.0.0/8")]
    public async Task What_a_known_proxy_says_is_believed(string proxy, string network) =>
        (await SeenAsync(Known(proxy, network), "203.0.113.7")).ShouldBe("https public.example 203.0.113.7");

    [Theory]
    [InlineData("", "")]
    [InlineData("10.0.0.1", "")]
    [InlineData("::1", "10.0.0.0/8")]
    public async Task What_an_unknown_sender_says_is_not(string proxy, string network) =>
        (await SeenAsync(Known(proxy, network), "203.0.113.7")).ShouldBe(Untouched);

    [Fact]
    public async Task The_switch_of_the_framework_does_not_change_that() =>
        (await SeenAsync(new(), "203.0.113.7", new() { ["ForwardedHeaders_Enabled"] = "true" })).ShouldBe(Untouched);

    [Theory]
    [InlineData("203.0.113.7, 10.0.0.9", "203.0.113.7")]
    [InlineData("198.51.100.1, 203.0.113.7, 10.0.0.9", "203.0.113.7")] // the first is invented by the caller
    [InlineData("10.0.0.8, 203.0.113.7", "203.0.113.7")]
    [InlineData("203.0.113.7, ::ffff:10.0.0.9", "203.0.113.7")] // the form of a dual-stack socket
    [InlineData("203.0.113.7, nonsense", "127.0.0.1")]
    [InlineData("nonsense, 203.0.113.7", "203.0.113.7")]
    public async Task The_caller_is_the_first_stranger_before_the_known_proxies(string forwardedFor, string caller) =>
        (await SeenAsync(Known("127.0.0.1", "10.0.0.0/8"), forwardedFor)).ShouldEndWith(" " + caller);

    /// <summary>Some proxies forward the value of the client.</summary>
    [Theory]
    [InlineData("(")]
    [InlineData("((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((")] // 65: the framework's parser throws
    [InlineData("public.example/path")]
    public async Task A_host_that_is_none_is_ignored(string forwardedHost) =>
        (await SeenAsync(Known("127.0.0.1", ""), "203.0.113.7", forwardedHost: forwardedHost)).ShouldBe("https gateway 203.0.113.7");

    private static HttpOptions Known(string proxy, string network) => new()
    {
        KnownProxies = proxy.Length > 0 ? [proxy] : [],
        KnownNetworks = network.Length > 0 ? [network] : [],
    };

    /// <summary>Returns the address, scheme and host that the gateway derives from a request with forwarded headers.</summary>
    private static async Task<string> SeenAsync(
        HttpOptions http, string forwardedFor, Dictionary<string, string?>? settings = null, string forwardedHost = "public.example")
    {
        await using var host = await AccessHost.StartAsync(
            http: http,
            settings: settings,
            map: app => app.MapGet(
                "/seen",
                (HttpContext context) =>
                    $"{context.Request.Scheme} {context.Request.Host} {context.Connection.RemoteIpAddress}")
                .WithMetadata(new AllowAnonymousAttribute()));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/seen");
        request.Headers.Host = "gateway";
        request.Headers.Add("X-Forwarded-For", forwardedFor);
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", forwardedHost);
        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
