using System.Net;
using NclueGateway.Http;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Access;

/// <summary>The bounds of the exception from X-CSRF that an EventSource gets.</summary>
public sealed class EventSourceTests
{
    private const string Frontend = "https://app.example.com";
    private const string Changes = "/api/task-runs/changes";
    private const string Vary = "Authorization, Cookie, Origin, Accept-Encoding, Accept";

    [Theory]
    [InlineData("GET", "/api/task-runs")]
    [InlineData("GET", "/api/task-runs?status=failed")]
    [InlineData("HEAD", "/api/task-runs")]
    [InlineData("GET", "/api/task-runs/summary")]
    [InlineData("GET", "/api/task-runs/changes2")]
    [InlineData("GET", "/session")]
    [InlineData("POST", "/session/logout")]
    public async Task Every_other_route_demands_the_header_from_every_origin(string method, string path)
    {
        await using var gateway = await StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();

        foreach (var (name, value) in new[] { ("Sec-Fetch-Site", "same-origin"), ("Origin", Frontend) })
        {
            using var response = await browser.SendAsync(new(method), path, csrf: null, Add(name, value));
            response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            if (method != "HEAD")
            {
                await response.ShouldBeProblemAsync(AccessProblems.CsrfHeaderMissing);
            }
        }

        using var session = await browser.GetAsync("/session");
        session.StatusCode.ShouldBe(HttpStatusCode.OK); // nothing has ended it
    }

    [Theory]
    [InlineData("GET", Changes, HttpStatusCode.OK)]
    [InlineData("GET", "/API/Task-Runs/Changes/", HttpStatusCode.OK)]
    [InlineData("HEAD", Changes, HttpStatusCode.MethodNotAllowed)]
    [InlineData("POST", Changes, HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", Changes, HttpStatusCode.MethodNotAllowed)]
    public async Task On_the_route_of_changes_it_is_for_GET(string method, string path, HttpStatusCode status)
    {
        await using var gateway = await StartAsync();
        await gateway.CompleteAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();

        foreach (var (name, value) in new[] { ("Sec-Fetch-Site", "same-origin"), ("Origin", Frontend) })
        {
            using var response = await browser.SendAsync(new(method), path, csrf: null, Add(name, value));
            response.StatusCode.ShouldBe(status);
        }
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "Same-Origin")]
    [InlineData("Sec-Fetch-Site", "same-origin, same-origin")]
    [InlineData("Origin", Frontend + "/")]
    [InlineData("Origin", "https://APP.example.com")]
    [InlineData("Origin", Frontend + " https://evil.example")]
    [InlineData("Referer", Frontend + "/")]
    [InlineData("Sec-Fetch-Mode", "same-origin")]
    [InlineData("X-CSRF", "0")]
    public async Task What_only_resembles_the_headers_of_a_browser_is_not_enough(string name, string value)
    {
        await using var gateway = await StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();

        using var response = await browser.SendAsync(HttpMethod.Get, Changes, csrf: null, Add(name, value));

        await response.ShouldBeProblemAsync(AccessProblems.CsrfHeaderMissing);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    public async Task Both_forms_name_the_headers_that_they_depend_on_and_the_origin_that_may_read_them(string accept)
    {
        await using var gateway = await StartAsync();
        await gateway.CompleteAsync();
        using var client = gateway.CreateFastClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, Changes);
        request.Headers.Accept.ParseAdd(accept);
        request.Headers.Add("Origin", Frontend);

        using var response = await client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.NonValidated["Vary"].ShouldHaveSingleItem().ShouldBe(Vary);
        response.Headers.NonValidated["Access-Control-Allow-Origin"].ToString().ShouldBe(Frontend);
        response.Headers.NonValidated["Access-Control-Allow-Credentials"].ToString().ShouldBe("true");
    }

    private static Action<HttpRequestMessage> Add(string name, string value) =>
        request => request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();

    private static Task<GatewayHost> StartAsync() => SessionHost.StartAsync(("Auth:AllowedOrigins:0", Frontend));
}
