using System.Net;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access.Sessions;

/// <summary>Addresses to which a sign-in may or may not lead; each value is encoded as in the query.</summary>
public sealed class ReturnUrlTests : IAsyncLifetime
{
    private GatewayHost? _gateway;

    public async ValueTask InitializeAsync() =>
        _gateway = await SessionHost.StartAsync(
            ("Auth:AllowedOrigins:0", "https://ok"), ("Auth:AllowedOrigins:1", "http://127.0.0.1:5173"));

    public ValueTask DisposeAsync() => _gateway!.DisposeAsync();

    [Theory]
    [InlineData("//evil")]
    [InlineData("/\\evil")]
    [InlineData("/%5Cevil")]
    [InlineData("/%255Cevil")]
    [InlineData("/%2Fevil")]
    [InlineData("/%252Fevil")]
    [InlineData("/%25252Fevil")]
    [InlineData("/%09/evil")]
    [InlineData("/%2509/evil")]
    [InlineData("/%0d%0aSet-Cookie:a=b")]
    [InlineData("/a%C2%85b")]
    [InlineData("https://ok@evil")]
    [InlineData("https://evil@ok")]
    [InlineData("https://ok.evil")]
    [InlineData("https://ok:444")]
    [InlineData("http://ok")]
    [InlineData("https:/ok")]
    [InlineData("https:ok")]
    [InlineData("https:\\\\ok")]
    [InlineData("%20https://ok")]
    [InlineData("javascript:alert(1)")]
    [InlineData("evil")]
    [InlineData("%20/evil")]
    [InlineData("")]
    [InlineData("/a&returnUrl=/b")]
    public async Task It_leads_nowhere_else(string returnUrl)
    {
        using var browser = new CookieClient(_gateway!.Address);

        using var response = await browser.GetAsync("/session/login?returnUrl=" + returnUrl, csrf: null);

        var problem = await response.ShouldBeProblemAsync(HttpProblems.InvalidRequest);
        problem["errors"]!.AsObject().ShouldContainKey("returnUrl");
        browser.SetCookies.ShouldBeEmpty();
    }

    [Fact]
    public async Task It_leads_nowhere_that_is_too_long()
    {
        using var browser = new CookieClient(_gateway!.Address);

        using var response = await browser.GetAsync("/session/login?returnUrl=/" + new string('a', 2_000), csrf: null);

        await response.ShouldBeProblemAsync(HttpProblems.InvalidRequest);
    }

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/runs?index=20%26a=b", "/runs?index=20&a=b")]
    [InlineData("/%EB%AA%A8%EB%8D%B8/1%20a", "/%EB%AA%A8%EB%8D%B8/1%20a")]
    [InlineData("/a/..//b", "/a/..//b")]
    [InlineData("/?next=https://evil", "/?next=https://evil")]
    [InlineData("https://ok", "https://ok/")]
    [InlineData("https://OK:443/a?b%23c", "https://ok/a?b#c")]
    [InlineData("http://127.0.0.1:5173/runs", "http://127.0.0.1:5173/runs")]
    public async Task It_leads_to_the_gateway_and_to_frontends_on_the_list(string returnUrl, string location)
    {
        using var browser = new CookieClient(_gateway!.Address);

        using var response = await browser.FollowAsync("/session/login?returnUrl=" + returnUrl, to => to.OriginalString == location);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        browser.Session.ShouldNotBeNull();
    }

    [Fact]
    public async Task Without_it_the_browser_returns_to_the_root()
    {
        using var browser = new CookieClient(_gateway!.Address);

        using var response = await browser.FollowAsync("/session/login", to => to.OriginalString == "/");

        response.Headers.Location!.OriginalString.ShouldBe("/");
    }
}
