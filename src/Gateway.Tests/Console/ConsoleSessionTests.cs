using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Console;

/// <summary>The lifetime of a session while its person uses the console.</summary>
public sealed class ConsoleSessionTests
{
    private const string Page = "/console/gateway";

    [Theory]
    [InlineData("navigate", "none", true)] // the address bar, or a bookmark
    [InlineData("navigate", "same-origin", true)]
    [InlineData("navigate", "same-site", true)]
    [InlineData("navigate", "cross-site", false)]
    [InlineData("cors", "same-origin", false)] // a live update
    [InlineData("no-cors", "same-origin", false)]
    [InlineData("same-origin", "same-origin", false)]
    [InlineData(null, null, false)]
    public async Task Only_a_navigation_that_no_other_site_has_caused_extends_it(string? mode, string? site, bool isExtended)
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        gateway.Clock.Advance(TimeSpan.FromMinutes(50));

        var page = await OpenAsync(browser, mode, site);

        page.Status.ShouldBe(HttpStatusCode.OK); // without X-CSRF
        gateway.Clock.Advance(TimeSpan.FromMinutes(20));
        using var session = await browser.GetAsync("/session");
        session.StatusCode.ShouldBe(isExtended ? HttpStatusCode.OK : HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Live_updates_alone_let_it_end_and_no_use_prolongs_it_beyond_its_absolute_end()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var watching = new CookieClient(gateway.Address);
        await watching.SignInAsync();
        using var working = new CookieClient(gateway.Address);
        await working.SignInAsync();
        List<HttpStatusCode> watched = [], worked = [];
        for (var half = 0; half < 21; half++)
        {
            gateway.Clock.Advance(TimeSpan.FromMinutes(29));
            watched.Add((await OpenAsync(watching, "cors", "same-origin")).Status);
            worked.Add((await OpenAsync(working, "navigate", "same-origin")).Status);
        }

        watched.Count(status => status == HttpStatusCode.OK).ShouldBe(2); // an hour
        worked.Count(status => status == HttpStatusCode.OK).ShouldBe(20); // ten hours
    }

    [Fact]
    public async Task Refused_pages_do_not_extend_it()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        var before = await ExpiryAsync();
        gateway.Clock.Advance(TimeSpan.FromMinutes(10));

        (await browser.OpenAsync("/console/nothing")).Status.ShouldBe(HttpStatusCode.NotFound);

        (await ExpiryAsync()).ShouldBe(before);
        (await browser.OpenAsync(Page)).Status.ShouldBe(HttpStatusCode.OK);
        (await ExpiryAsync()).ShouldNotBe(before);

        async Task<string> ExpiryAsync()
        {
            using var session = await browser.GetAsync("/session");
            var text = await session.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return (string)JsonNode.Parse(text)!["idleExpiresAt"]!;
        }
    }

    private static Task<ConsolePage> OpenAsync(CookieClient browser, string? mode, string? site) => browser.OpenAsync(
        Page,
        mode is null ? [("Accept", "text/html")] : [("Sec-Fetch-Mode", mode), ("Sec-Fetch-Site", site!)]);
}
