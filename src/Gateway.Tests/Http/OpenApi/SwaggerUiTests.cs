using System.Net;
using NclueGateway.Http;
using NclueGateway.Tests.Access;

namespace NclueGateway.Tests.Http.OpenApi;

public sealed class SwaggerUiTests
{
    [Fact]
    public async Task The_UI_shows_the_document_and_does_not_keep_a_token()
    {
        await using var host = await AccessHost.StartAsync();

        using var front = await host.SendAsync(HttpMethod.Get, "/swagger");
        front.StatusCode.ShouldBe(HttpStatusCode.MovedPermanently);
        front.Headers.Location!.OriginalString.ShouldBe("swagger/index.html");

        using var script = await host.SendAsync(HttpMethod.Get, "/swagger/gateway.js");
        script.Content.Headers.ContentType!.ToString().ShouldBe("text/javascript; charset=utf-8");
        var text = await script.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        text.ShouldContain("new URL(\"openapi/v1.json\", gateway)");
        text.ShouldContain("persistAuthorization: false");
        text.ShouldContain("supportedSubmitMethods: [\"get\", \"head\"]");
        text.ShouldContain("validatorUrl: null");
        text.ShouldContain("queryConfigEnabled: false");

        using var style = await host.SendAsync(HttpMethod.Get, "/swagger/gateway.css");
        style.Content.Headers.ContentType!.ToString().ShouldBe("text/css; charset=utf-8");
    }

    [Theory]
    [InlineData("/swagger/index.html")]
    [InlineData("/swagger/gateway.js")]
    [InlineData("/swagger/gateway.css")]
    [InlineData("/swagger/swagger-ui-bundle.js")]
    [InlineData("/swagger/swagger-ui.css")]
    public async Task Nothing_of_the_UI_comes_from_or_goes_elsewhere(string path)
    {
        await using var host = await AccessHost.StartAsync();

        using var response = await host.SendAsync(HttpMethod.Get, path);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldStartWith("default-src 'none'; script-src 'self';");
        policy.ShouldNotContain("http");
        policy.ShouldNotContain("unsafe-");
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
    }

    [Fact]
    public async Task The_page_holds_no_script_that_its_policy_would_block()
    {
        await using var host = await AccessHost.StartAsync();

        using var response = await host.SendAsync(HttpMethod.Get, "/swagger/index.html");
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        page.Split("<script ").Skip(1).ShouldAllBe(script => script.StartsWith("src=\""));
        page.ShouldNotContain("<script>");
        page.ShouldNotContain("http://");
        page.ShouldNotContain("https://");
    }

    [Theory]
    [InlineData("GET", "/swagger/nothing.js")]
    [InlineData("GET", "/swagger/../appsettings.json")]
    [InlineData("GET", "/swagger/%2e%2e/appsettings.json")]
    [InlineData("POST", "/swagger/index.html")]
    public async Task Nothing_else_lies_below_the_UI(string method, string path)
    {
        await using var host = await AccessHost.StartAsync();

        using var response = await host.SendAsync(new HttpMethod(method), path);

        await response.ShouldBeProblemAsync(HttpProblems.NotFound);
    }

    [Theory]
    [InlineData("/swagger")]
    [InlineData("/swagger/index.html")]
    [InlineData("/swagger/gateway.js")]
    [InlineData("/swagger/gateway.css")]
    public async Task The_UI_can_be_turned_off_and_the_document_stays(string path)
    {
        await using var host = await AccessHost.StartAsync(openApi: new() { UiEnabled = false });

        using var ui = await host.SendAsync(HttpMethod.Get, path);
        using var document = await host.SendAsync(HttpMethod.Get, "/openapi/v1.json");

        await ui.ShouldBeProblemAsync(HttpProblems.NotFound);
        document.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
