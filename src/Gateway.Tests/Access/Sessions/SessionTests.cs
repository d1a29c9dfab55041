using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;
using NclueGateway.Access.Sessions;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access.Sessions;

/// <summary>The permissions, the lifetime and the end of a browser's session.</summary>
public sealed class SessionTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_session_contains_the_person_the_permissions_and_the_expiry()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        var now = gateway.Clock.GetUtcNow();
        await browser.SignInAsync();

        using var response = await browser.GetAsync("/session");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var text = await response.Content.ReadAsStringAsync(Ct);
        text.ShouldContain("Alice 김");
        var session = JsonNode.Parse(text)!.AsObject();
        session.Select(member => member.Key).ShouldBe(["subject", "name", "permissions", "idleExpiresAt", "absoluteExpiresAt"]);
        ((string?)session["subject"]).ShouldBe("alice");
        session["permissions"]!.AsArray().Select(permission => (string?)permission).ShouldBe(["task-runs:read"]);
        ((string?)session["idleExpiresAt"]).ShouldBe(now.AddHours(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
        ((string?)session["absoluteExpiresAt"]).ShouldBe(now.AddHours(10).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
    }

    [Fact]
    public async Task Who_may_not_read_is_signed_in_and_forbidden()
    {
        await using var gateway = await SessionHost.StartAsync();
        gateway.Issuer.SignIn.Granted = asked => asked.Replace("task-runs:read", "", StringComparison.Ordinal);
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();

        using var response = await browser.GetAsync("/api/task-runs");
        var problem = await response.ShouldBeProblemAsync(AccessProblems.Forbidden);
        response.Headers.WwwAuthenticate.ShouldBeEmpty();
        ((string)problem["detail"]!).ShouldStartWith("The account");

        using var session = await browser.GetAsync("/session");
        JsonNode.Parse(await session.Content.ReadAsStringAsync(Ct))!["permissions"]!.AsArray().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/api/task-runs")]
    [InlineData("/API/Task-Runs/")]
    public async Task Reading_extends_it_and_looking_at_it_does_not(string path)
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        for (var i = 0; i < 4; i++)
        {
            gateway.Clock.Advance(TimeSpan.FromMinutes(50));
            using var page = await browser.GetAsync(path);
            page.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        for (var i = 0; i < 6; i++)
        {
            gateway.Clock.Advance(TimeSpan.FromMinutes(9));
            using var session = await browser.GetAsync("/session");
            session.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        gateway.Clock.Advance(TimeSpan.FromMinutes(7));
        using var over = await browser.GetAsync("/session");
        await over.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
    }

    [Fact]
    public async Task It_ends_after_ten_hours_however_much_it_is_used()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        for (var i = 0; i < 11; i++)
        {
            gateway.Clock.Advance(TimeSpan.FromMinutes(54));
            (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        }

        gateway.Clock.Advance(TimeSpan.FromMinutes(6));
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Signing_out_ends_it_for_all_holders_of_the_cookie()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        using var thief = new CookieClient(gateway.Address) { Session = browser.Session };
        (await thief.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);

        using var signedOut = await browser.SendAsync(HttpMethod.Post, "/session/logout");

        signedOut.StatusCode.ShouldBe(HttpStatusCode.OK);
        signedOut.Headers.GetValues("Clear-Site-Data").ShouldBe(["\"cache\""]);
        signedOut.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var response = JsonNode.Parse(await signedOut.Content.ReadAsStringAsync(Ct))!;
        ((string?)response["logoutUrl"]).ShouldBe($"{gateway.Issuer.Address}/logout?client_id={TestSignIn.ClientId}");
        browser.Session.ShouldBeNull();

        using var refused = await thief.GetAsync("/api/task-runs");
        var problem = await refused.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        ((string?)problem["login"]).ShouldBe("/session/login");
        refused.Challenge().ShouldBe("Bearer");
        refused.Headers.Location.ShouldBeNull();
    }

    [Fact]
    public async Task A_provider_without_a_sign_out_page_has_no_address_for_it()
    {
        await using var gateway = await SessionHost.StartAsync(issuer => issuer.SignIn.Metadata["end_session_endpoint"] = null);
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();

        using var signedOut = await browser.SendAsync(HttpMethod.Post, "/session/logout");

        (await signedOut.Content.ReadAsStringAsync(Ct)).ShouldBe("""{"logoutUrl":null}""");
    }

    [Theory]
    [InlineData("GET", "/session")]
    [InlineData("POST", "/session/logout")]
    [InlineData("GET", "/api/task-runs")]
    public async Task A_caller_without_a_session_is_refused_and_not_redirected(string method, string path)
    {
        await using var gateway = await SessionHost.StartAsync();

        foreach (var cookie in new[] { null, "", "x", new string('a', 43), new string('é', 43), new string('a', 5_000) })
        {
            using var browser = new CookieClient(gateway.Address);
            if (cookie is not null)
            {
                browser.Session = Uri.EscapeDataString(cookie);
            }

            using var response = await browser.SendAsync(new(method), path);
            var problem = await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
            ((string?)problem["login"]).ShouldBe("/session/login");
        }
    }

    [Fact]
    public async Task A_request_with_both_is_judged_by_the_token_alone()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();

        using var bad = await WithAuthorizationAsync("/api/task-runs", "Bearer x");
        (await bad.ShouldBeProblemAsync(AccessProblems.Unauthenticated)).ShouldContainKey("login");
        using var empty = await WithAuthorizationAsync("/api/task-runs", "");
        await empty.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        using var poor = await WithAuthorizationAsync(
            "/api/task-runs", "Bearer " + gateway.Issuer.Issue(token => token.Claims["scope"] = "openid"));
        await poor.ShouldBeProblemAsync(AccessProblems.Forbidden);
        using var good = await WithAuthorizationAsync("/api/task-runs", "Bearer " + gateway.Issuer.Issue(), csrf: null);
        good.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var session = await WithAuthorizationAsync("/session", "Bearer " + gateway.Issuer.Issue());
        await session.ShouldBeProblemAsync(AccessProblems.Unauthenticated);

        Task<HttpResponseMessage> WithAuthorizationAsync(string path, string value, string? csrf = "1") => browser.SendAsync(
            HttpMethod.Get, path, csrf, request => request.Headers.TryAddWithoutValidation("Authorization", value));
    }

    [Fact]
    public async Task Every_route_that_is_not_open_wants_the_header_from_a_browser()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        var routes = gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => TokenCacheMiddleware.IsClosed(endpoint) && endpoint.Metadata.GetMetadata<NavigationUse>() is null)
            .SelectMany(
                endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [],
                (endpoint, method) => (method, path: endpoint.RoutePattern.RawText!))
            .ToList();
        routes.ShouldContain(("GET", "/api/task-runs"));
        routes.ShouldContain(("HEAD", "/api/task-runs"));
        routes.ShouldContain(("POST", "/session/logout"));
        routes.ShouldContain(("GET", "/session"));

        foreach (var (method, path) in routes)
        {
            foreach (var header in new[] { null, "", "0", "2", "true", "11", "1, 1" })
            {
                using var response = await browser.SendAsync(new(method), path, header);
                response.StatusCode.ShouldBe(HttpStatusCode.Forbidden, $"{method} {path} with {header ?? "no header"}");
                if (method != "HEAD")
                {
                    await response.ShouldBeProblemAsync(AccessProblems.CsrfHeaderMissing);
                }
            }
        }

        // All other routes below these paths are requested by the browser's own navigation or by the provider.
        gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => !TokenCacheMiddleware.IsClosed(endpoint) && endpoint.Metadata.GetMetadata<OptionalAuthentication>() is null)
            .Select(endpoint => endpoint.RoutePattern.RawText!)
            .Where(route => route.StartsWith("/api", StringComparison.Ordinal) || route.StartsWith("/session", StringComparison.Ordinal))
            .ShouldBe(["/session/login", "/session/callback", "/session/backchannel-logout"]);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Open_routes_do_not_mind_a_cookie()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();

        foreach (var path in new[] { "/health/live", "/problems", "/openapi/v1.json", "/swagger/index.html" })
        {
            using var response = await browser.GetAsync(path, csrf: null);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task People_are_callers_of_their_own_and_one_person_is_one_caller()
    {
        await using var gateway = await SessionHost.StartAsync(("Auth:SubjectClaim", "name"));
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();

        using var response = await browser.GetAsync("/session");

        JsonNode.Parse(await response.Content.ReadAsStringAsync(Ct))!["subject"]!.GetValue<string>().ShouldBe("Alice 김");
    }
}
