using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using NclueGateway.Http;
using NclueGateway.Http.Pages;
using NclueGateway.Tests.Access;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http;

public sealed class SecurityHeadersMiddlewareTests
{
    [Theory]
    [InlineData("GET", "/api/task-runs", 200)]
    [InlineData("HEAD", "/api/task-runs", 200)]
    [InlineData("GET", "/api/task-runs?limit=0", 400)]
    [InlineData("GET", "/api/task-runs?index=100", 503)]
    [InlineData("DELETE", "/api/task-runs", 405)]
    [InlineData("GET", "/nowhere", 404)]
    [InlineData("GET", "/", 200)]
    [InlineData("GET", "/problems", 200)]
    [InlineData("GET", "/problems/not-found", 200)]
    [InlineData("GET", "/console", 200)]
    [InlineData("GET", "/console/nothing", 404)]
    [InlineData("GET", "/pages/page.css", 200)]
    [InlineData("GET", "/pages/console.js", 200)]
    [InlineData("GET", "/health/live", 200)]
    [InlineData("GET", "/openapi/v1.json", 200)]
    [InlineData("GET", "/swagger", 301)]
    [InlineData("GET", "/swagger/index.html", 200)]
    [InlineData("GET", "/swagger/gateway.js", 200)]
    [InlineData("GET", "/swagger/gateway.css", 200)]
    [InlineData("GET", "/swagger/nothing", 404)]
    public async Task Every_response_has_them(string method, string path, int status)
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Cache:WaitFor"] = "00:00:00" });
        await gateway.ReadUntilAsync(response => response.Status == HttpStatusCode.OK);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe((HttpStatusCode)status);
        ShouldBeHardened(response);
    }

    [Fact]
    public async Task Responses_without_a_token_and_without_a_permission_have_them()
    {
        await using var host = await AccessHost.StartAsync();

        using var unauthenticated = await host.GetAsync();
        using var forbidden = await host.GetWithAsync(token => token.Claims["scope"] = "openid");

        unauthenticated.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        forbidden.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        ShouldBeHardened(unauthenticated);
        ShouldBeHardened(forbidden);
    }

    [Fact]
    public async Task An_exception_has_them_and_a_careless_endpoint_cannot_loosen_them()
    {
        await using var host = await AccessHost.StartAsync(map: app =>
        {
            app.MapGet("/throws", string () => throw new InvalidOperationException()).WithMetadata(new AllowAnonymousAttribute());
            app.MapGet("/careless", context =>
            {
                context.Response.Headers.XFrameOptions = "ALLOWALL";
                context.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
                return Task.CompletedTask;
            }).WithMetadata(new AllowAnonymousAttribute());
        });

        using var thrown = await host.SendAsync(HttpMethod.Get, "/throws");
        using var careless = await host.SendAsync(HttpMethod.Get, "/careless");

        await thrown.ShouldBeProblemAsync(HttpProblems.InternalError);
        ShouldBeHardened(thrown);
        ShouldBeHardened(careless);
    }

    [Theory]
    [InlineData("https://gateway.example.com", true)]
    [InlineData("https://localhost:8443", false)]
    [InlineData("http://localhost:8080", false)]
    [InlineData("", false)]
    public async Task Browsers_are_told_to_insist_on_TLS_only_where_the_public_has_it(string publicOrigin, bool isTold)
    {
        await using var host = await AccessHost.StartAsync(http: new() { PublicOrigin = publicOrigin });

        using var page = await host.SendAsync(HttpMethod.Get, "/health/live");
        using var error = await host.SendAsync(HttpMethod.Get, "/nowhere");

        foreach (var response in new[] { page, error })
        {
            response.Headers.TryGetValues("Strict-Transport-Security", out var values).ShouldBe(isTold);
            (values ?? ["max-age=31536000"]).ShouldBe(["max-age=31536000"]);
        }
    }

    private static void ShouldBeHardened(HttpResponseMessage response)
    {
        var headers = response.Headers;
        headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
        headers.GetValues("Cross-Origin-Resource-Policy").ShouldBe(["same-origin"]);
        headers.Contains("Server").ShouldBeFalse();

        var policy = headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem();
        policy.ShouldStartWith("default-src 'none';");
        policy.ShouldNotContain("unsafe");
        policy.ShouldNotContain("*");
        var path = response.RequestMessage!.RequestUri!.AbsolutePath;
        if (path == "/" || path.StartsWith("/problems", StringComparison.Ordinal) || path.StartsWith("/console", StringComparison.Ordinal))
        {
            policy.ShouldBe(PagesExtensions.Policy);
        }
        else
        {
            policy.ShouldEndWith("base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
            (policy == SecurityHeadersMiddleware.StrictestPolicy).ShouldBe(!path.StartsWith("/swagger", StringComparison.Ordinal));
        }

        headers.Contains("Permissions-Policy").ShouldBe(response.Content.Headers.ContentType?.MediaType == "text/html");
    }
}
