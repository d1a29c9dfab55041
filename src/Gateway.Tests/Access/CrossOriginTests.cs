using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

public sealed class CrossOriginTests
{
    private const string Frontend = "https://app.example.com";
    private const string PageVary = "Authorization, Cookie, Origin, Accept-Encoding";

    [Theory]
    [InlineData("GET", "/api/task-runs", 200, PageVary)]
    [InlineData("HEAD", "/api/task-runs", 200, PageVary)]
    [InlineData("GET", "/api/task-runs?limit=0", 400, "Origin")]
    [InlineData("GET", "/api/task-runs?index=100", 503, "Origin")]
    [InlineData("DELETE", "/api/task-runs", 405, "Origin")]
    [InlineData("OPTIONS", "/api/task-runs", 405, "Origin")]
    [InlineData("GET", "/nowhere", 404, "Origin")]
    [InlineData("GET", "/health/live", 200, "Origin")]
    [InlineData("GET", "/swagger/nothing", 404, "Origin")]
    public async Task An_allowed_origin_may_read_every_response_and_no_other_may(string method, string path, int status, string vary)
    {
        await using var gateway = await GatewayHost.StartAsync(settings: Allowing(Frontend));
        await gateway.ReadUntilAsync(response => response.Status == HttpStatusCode.OK);

        using var allowed = await SendAsync(gateway.Client, method, path, Frontend);
        using var other = await SendAsync(gateway.Client, method, path, "https://app.example.com.evil.example");
        using var none = await SendAsync(gateway.Client, method, path, null);

        allowed.StatusCode.ShouldBe((HttpStatusCode)status);
        ShouldBeReadable(allowed, Frontend, vary);
        other.StatusCode.ShouldBe((HttpStatusCode)status);
        ShouldNotBeReadable(other, vary);
        ShouldNotBeReadable(none, vary);
    }

    [Fact]
    public async Task A_304_is_readable_too()
    {
        await using var gateway = await GatewayHost.StartAsync(settings: Allowing(Frontend));
        var page = await gateway.ReadUntilAsync(response => response.Status == HttpStatusCode.OK);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/task-runs?index=0&limit=20");
        request.Headers.Add("Origin", Frontend);
        request.Headers.Add("If-None-Match", page.Headers["ETag"]);

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        ShouldBeReadable(response, Frontend, PageVary);
    }

    [Fact]
    public async Task So_is_every_refusal_and_what_becomes_of_an_exception()
    {
        await using var host = await AccessHost.StartAsync(
            options => options.AllowedOrigins = [Frontend, "https://second.example.com"],
            http: new() { PublicOrigin = "https://gateway.example.com" },
            map: app =>
            {
                app.MapGet("/throws", string () => throw new InvalidOperationException()).WithMetadata(new AllowAnonymousAttribute());
                app.MapGet("/quota", () => new ProblemResult(AccessProblems.CallerQuota) { RetryAfter = TimeSpan.FromSeconds(3) })
                    .WithMetadata(new AllowAnonymousAttribute());
                app.MapGet("/forgotten", () => "secret");
            });

        foreach (var (path, hostName, token, problem) in new[]
        {
            ("/throws", "gateway.example.com", "", HttpProblems.InternalError),
            ("/quota", "gateway.example.com", "", AccessProblems.CallerQuota),
            (AccessHost.Protected, "gateway.example.com", "", AccessProblems.Unauthenticated),
            (AccessHost.Protected, "gateway.example.com", "Bearer x", AccessProblems.Unauthenticated),
            ("/forgotten", "gateway.example.com", "Bearer " + host.Issuer.Issue(), AccessProblems.Forbidden),
            ("/problems", "another.example.com", "", HttpProblems.InvalidRequest),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = hostName;
            request.Headers.Add("Origin", "https://second.example.com");
            request.Headers.TryAddWithoutValidation("Authorization", token);

            using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

            await response.ShouldBeProblemAsync(problem);
            ShouldBeReadable(response, "https://second.example.com", "Origin");
        }
    }

    [Theory]
    [InlineData("/api/task-runs")]
    [InlineData("/session/logout")]
    public async Task A_preflight_is_answered_without_a_token(string path)
    {
        await using var gateway = await GatewayHost.StartAsync(settings: Allowing(Frontend));

        using var response = await PreflightAsync(gateway, path, Frontend);

        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Values(response, "Access-Control-Allow-Origin").ShouldBe([Frontend]);
        Values(response, "Access-Control-Allow-Credentials").ShouldBe(["true"]);
        Values(response, "Access-Control-Allow-Methods").ShouldBe(["GET,HEAD,POST"]);
        Values(response, "Access-Control-Allow-Headers").ShouldHaveSingleItem().ShouldContain("Authorization,X-CSRF,", Case.Insensitive);
        Values(response, "Access-Control-Max-Age").ShouldBe(["7200"]);
        Values(response, "Vary").ShouldBe(["Origin"]);
    }

    /// <summary>Checks requests by a browser's rule: names compare without regard to case, and one refused name blocks all.</summary>
    [Theory]
    [InlineData("authorization,x-csrf,accept,if-none-match,if-match,last-event-id")]
    [InlineData("traceparent,tracestate,baggage")] // W3C Trace Context and OpenTelemetry
    [InlineData("sentry-trace,baggage")]
    [InlineData("x-datadog-origin,x-datadog-parent-id,x-datadog-sampling-priority,x-datadog-tags,x-datadog-trace-id")]
    [InlineData("newrelic,traceparent,tracestate")]
    [InlineData("b3,x-b3-parentspanid,x-b3-sampled,x-b3-spanid,x-b3-traceid")] // Zipkin
    [InlineData("request-context,request-id,x-correlation-id,x-request-id")]
    [InlineData("cache-control,content-type,if-modified-since,pragma,x-requested-with")]
    public async Task A_preflight_allows_what_agents_and_wrappers_add_to_every_request(string names)
    {
        await using var gateway = await GatewayHost.StartAsync(settings: Allowing(Frontend));

        using var response = await PreflightAsync(gateway, "/api/task-runs", Frontend, names);

        names.Split(',').Except(Values(response, "Access-Control-Allow-Headers").Single().ToLowerInvariant().Split(',')).ShouldBeEmpty();
    }

    [Fact]
    public async Task Headers_of_agents_and_wrappers_change_nothing()
    {
        await using var gateway = await GatewayHost.StartAsync(settings: Allowing(Frontend));
        await gateway.ReadUntilAsync(response => response.Status == HttpStatusCode.OK);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/task-runs");
        foreach (var (name, value) in new[]
        {
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("tracestate", "vendor=1"), ("baggage", "user=kim"),
            ("sentry-trace", "1"), ("Cache-Control", "no-cache"), ("Pragma", "no-cache"), ("X-Requested-With", "XMLHttpRequest"),
            ("X-Request-Id", "from the page"), ("If-Modified-Since", "Sat, 28 Nov 2026 00:00:00 GMT"),
        })
        {
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        }

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        gateway.Nclue.Arrivals.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("https://app.example.com:8443")]
    [InlineData("http://app.example.com")]
    [InlineData("https://sub.app.example.com")]
    [InlineData("null")]
    public async Task A_preflight_from_elsewhere_is_granted_nothing(string origin)
    {
        await using var gateway = await GatewayHost.StartAsync(settings: Allowing(Frontend));

        using var response = await PreflightAsync(gateway, "/api/task-runs", origin);

        ShouldNotBeReadable(response, "Origin");
    }

    [Fact]
    public async Task Without_allowed_origins_there_is_no_cross_origin_at_all()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadUntilAsync(response => response.Status == HttpStatusCode.OK);

        using var preflight = await PreflightAsync(gateway, "/api/task-runs", Frontend);
        using var page = await SendAsync(gateway.Client, "GET", "/api/task-runs", Frontend);
        using var error = await SendAsync(gateway.Client, "GET", "/nowhere", Frontend);

        await preflight.ShouldBeProblemAsync(HttpProblems.MethodNotAllowed);
        ShouldNotBeReadable(page, PageVary);
        error.Headers.Contains("Vary").ShouldBeFalse();
    }

    private static Dictionary<string, string?> Allowing(string origin) => new()
    {
        ["Auth:AllowedOrigins:0"] = origin,
        ["Cache:WaitFor"] = "00:00:00",
    };

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path, string? origin)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<HttpResponseMessage> PreflightAsync(
        GatewayHost gateway, string path, string origin, string headers = "authorization,x-csrf")
    {
        using var client = gateway.CreateAnonymousClient();
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "GET");
        request.Headers.Add("Access-Control-Request-Headers", headers);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static void ShouldBeReadable(HttpResponseMessage response, string origin, string vary)
    {
        Values(response, "Access-Control-Allow-Origin").ShouldBe([origin]);
        Values(response, "Access-Control-Allow-Credentials").ShouldBe(["true"]);
        Values(response, "Access-Control-Expose-Headers")
            .ShouldBe(["ETag,Age,Date,Link,Retry-After,Cache-Status,RateLimit,RateLimit-Policy,WWW-Authenticate"]);
        Values(response, "Vary").ShouldBe([vary]);
    }

    private static void ShouldNotBeReadable(HttpResponseMessage response, string vary)
    {
        Values(response, "Vary").ShouldBe([vary]);
        response.Headers.ShouldAllBe(header => !header.Key.StartsWith("Access-Control-"));
    }

    /// <summary>Returns each field as it was sent; other ways to read the headers split them.</summary>
    private static string[] Values(HttpResponseMessage response, string name) =>
        [.. response.Headers.NonValidated.TryGetValues(name, out var values) ? values : default];
}
