using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using NclueGateway.Http;
using NclueGateway.Tests.Access;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Http;

/// <summary>The responses of <c>/</c>.</summary>
public sealed class IndexEndpointTests
{
    private const string Browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

    private static readonly string[] Always =
        ["taskRuns", "taskRun", "taskRunSummary", "taskRunChanges", "status", "openapi", "problems", "health"];

    [Fact]
    public async Task A_program_gets_what_this_is_and_where_everything_lies()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();

        using var response = await anonymous.GetAsync("/", TestContext.Current.CancellationToken);
        var document = await ReadAsync(response);

        document.Select(member => member.Key).ShouldBe(["name", "description", "apiVersion", "links"]);
        ((string)document["name"]!).ShouldBe("NclueGateway");
        ((string)document["description"]!).ShouldStartWith("Reads the task runs of NAVER Cloud NCLUE");
        var links = JsonNode.Parse("""
            {
                "console": "/console", "taskRuns": "/api/task-runs", "taskRun": "/api/task-runs/{id}",
                "taskRunSummary": "/api/task-runs/summary", "taskRunChanges": "/api/task-runs/changes",
                "status": "/api/status", "swagger": "/swagger",
                "openapi": "/openapi/v1.json", "problems": "/problems", "health": "/health/ready"
            }
            """)!;
        document["links"]!.ToJsonString().ShouldBe(links.ToJsonString());
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(gateway.UntilShownAsync());
        foreach (var (name, link) in document["links"]!.AsObject().Where(link => link.Key != "taskRun")) // a template
        {
            using var there = await gateway.Client.GetAsync((string)link!, TestContext.Current.CancellationToken);
            there.StatusCode.ShouldBeOneOf([HttpStatusCode.OK, HttpStatusCode.MovedPermanently], name); // /swagger redirects to its page
        }
    }

    [Fact]
    public async Task A_browser_gets_the_same_as_a_page()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();

        using var json = await GetAsync(anonymous, "application/json");
        using var html = await GetAsync(anonymous, Browser);

        ShouldBeCacheable(html, "text/html; charset=utf-8");
        var page = await PlainHtml.ReadAsync(html);
        PlainHtml.TextOf(page).ShouldContain((string)(await ReadAsync(json))["description"]!);
        PlainHtml.Links(page).ShouldBe(
            (await ReadAsync(json))["links"]!.AsObject().Where(link => link.Key != "taskRun").Select(link => (string)link.Value!));
        PlainHtml.TextOf(page).ShouldContain("/api/task-runs/{id}");
    }

    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(false, false, false)]
    public async Task Only_what_is_there_is_linked(bool hasUi, bool hasSignIn, bool hasConsole)
    {
        await using var host = await AccessHost.StartAsync(
            openApi: new() { UiEnabled = hasUi }, hasSignIn: hasSignIn, hasConsole: hasConsole);

        using var json = await host.SendAsync(HttpMethod.Get, "/");
        using var html = await GetAsync(host.Client, Browser);

        var links = (await ReadAsync(json))["links"]!.AsObject();
        links.Select(link => link.Key)
            .ShouldBe(
                [
                    .. Always, .. hasUi ? ["swagger"] : Array.Empty<string>(),
                    .. hasSignIn ? ["login"] : Array.Empty<string>(), .. hasConsole ? ["console"] : Array.Empty<string>(),
                ],
                ignoreOrder: true);
        ((string?)links["login"]).ShouldBe(hasSignIn ? "/session/login" : null);
        var page = await PlainHtml.ReadAsync(html);
        PlainHtml.Links(page).Contains("/session/login").ShouldBe(hasSignIn);
        PlainHtml.Links(page).Contains("/swagger").ShouldBe(hasUi);
        PlainHtml.Links(page).Contains("/console").ShouldBe(hasConsole);
        PlainHtml.TextOf(page).Contains("signed-in user", StringComparison.Ordinal).ShouldBe(hasUi && hasSignIn);
    }

    [Fact]
    public async Task After_a_sign_in_without_a_place_to_return_to_a_person_sees_the_page()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);

        using var response = await browser.FollowAsync("/session/login");

        browser.Session.ShouldNotBeNull();
        response.RequestMessage!.RequestUri.ShouldBe(gateway.Address);
        response.StatusCode.ShouldBe(HttpStatusCode.OK); // a navigation sends no X-CSRF
    }

    [Fact]
    public async Task Links_stay_below_the_path_base_and_never_name_the_host()
    {
        await using var host = await AccessHost.StartAsync(pathBase: "/team&1 é", hasSignIn: true);
        foreach (var path in new[] { "/team&1%20%C3%A9", "/team&1%20%C3%A9/" })
        {
            using var json = await host.SendAsync(HttpMethod.Get, path);
            using var html = await GetAsync(host.Client, Browser, path);

            (await ReadAsync(json))["links"]!.AsObject()
                .ShouldAllBe(link => ((string)link.Value!).StartsWith("/team&1%20%C3%A9/", StringComparison.Ordinal));
            PlainHtml.AllAddresses(await PlainHtml.ReadAsync(html)).ShouldAllBe(link => link.StartsWith("/team&1%20%C3%A9/"));
        }

        var evil = await host.SendRawAsync("GET / HTTP/1.1", "X-Forwarded-Host: evil.example", "X-Forwarded-Prefix: /evil");
        evil.ShouldContain("\"taskRuns\":\"/api/task-runs\"");
        evil.ShouldNotContain("evil");
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("*/*", false)]
    [InlineData("application/json", false)]
    [InlineData("application/*", false)]
    [InlineData("text/html, application/json", false)] // equally preferred
    [InlineData("text/html;q=0.5, application/json;q=0.6", false)]
    [InlineData("text/html;q=0, */*", false)]
    [InlineData("text/html;q=0.2, */*;q=0.3", false)]
    [InlineData("", false)]
    [InlineData("this is no media type", false)]
    [InlineData(",,, ,;,q=1,text/html,", true)]
    [InlineData("x/y;z=\"a,b\";q=1, text/html", true)]
    [InlineData("text/html;z=\"a,b\"", true)]
    [InlineData(Browser, true)]
    [InlineData("text/html", true)]
    [InlineData("TEXT/HTML", true)]
    [InlineData("text/*", true)]
    [InlineData("text/html;q=0.001", true)]
    [InlineData("application/json;q=0.5, text/html", true)]
    [InlineData("application/json;q=0, */*;q=0.1", true)]
    [InlineData("*/*;q=0.1, text/html;q=0.2", true)]
    public async Task The_form_is_the_one_that_the_caller_prefers(string? accept, bool isHtml)
    {
        await using var host = await AccessHost.StartAsync();

        using var response = await GetAsync(host.Client, accept);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        ShouldBeCacheable(response, isHtml ? "text/html; charset=utf-8" : "application/json");
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("application/problem+json")]
    [InlineData("*/*;q=0")]
    [InlineData("application/json;q=0, text/html;q=0, */*")]
    public async Task Where_neither_form_is_acceptable_that_is_said(string accept)
    {
        await using var host = await AccessHost.StartAsync();

        using var response = await GetAsync(host.Client, accept);

        var problem = await response.ShouldBeProblemAsync(HttpProblems.NotAcceptable);
        ((string)problem["detail"]!).ShouldBe("This resource is available as application/json or text/html.");
        response.Headers.Vary.ShouldBe(["Accept"]);
    }

    [Theory]
    [InlineData("application/json", true)]
    [InlineData(Browser, false)] // a page is rendered while it is sent
    public async Task HEAD_gives_the_headers_of_either_form(string accept, bool hasLength)
    {
        await using var host = await AccessHost.StartAsync();

        using var get = await GetAsync(host.Client, accept);
        using var head = await GetAsync(host.Client, accept, method: HttpMethod.Head);

        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        ShouldBeCacheable(head, get.Content.Headers.ContentType!.ToString());
        head.Content.Headers.NonValidated.Contains("Content-Length").ShouldBe(hasLength);
        if (hasLength)
        {
            head.Content.Headers.ContentLength.ShouldBe(get.Content.Headers.ContentLength);
        }

        (await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Other_methods_are_a_405(string method)
    {
        await using var host = await AccessHost.StartAsync();

        using var response = await host.SendAsync(new HttpMethod(method), "/");

        await response.ShouldBeProblemAsync(HttpProblems.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe([HttpMethods.Get, HttpMethods.Head], ignoreOrder: true);
    }

    [Fact]
    public async Task Nobody_is_told_which_release_it_is()
    {
        await using var host = await AccessHost.StartAsync();
        var release = typeof(GatewayBuilder).Assembly.GetName().Version!.ToString(3);

        using var json = await host.SendAsync(HttpMethod.Get, "/");
        using var html = await GetAsync(host.Client, Browser);

        foreach (var response in new[] { json, html })
        {
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            text.ShouldContain("v1");
            text.ShouldNotContain(release);
        }
    }

    private static async Task<HttpResponseMessage> GetAsync(HttpClient client, string? accept, string path = "/", HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept).ShouldBeTrue();
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        ShouldBeCacheable(response, "application/json");
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject();
    }

    private static void ShouldBeCacheable(HttpResponseMessage response, string type)
    {
        response.Content.Headers.ContentType!.ToString().ShouldBe(type);
        response.Headers.CacheControl!.ToString().ShouldBe("public, max-age=3600");
        response.Headers.Vary.ShouldBe(
            type.StartsWith("text/html", StringComparison.Ordinal) ? ["Accept", "Accept-Language", "Cookie"] : ["Accept"]);
    }
}
