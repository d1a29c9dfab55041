using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using NclueGateway.Http;
using NclueGateway.Tests.Http;

namespace NclueGateway.Tests.Access;

public sealed class EndpointAccessTests
{
    [Fact]
    public async Task An_endpoint_without_a_policy_is_closed_to_all_callers()
    {
        await using var host = await AccessHost.StartAsync(map: app =>
        {
            app.MapGet("/forgotten", () => "secret");
            app.MapGet("/problems/{slug}/more", () => "secret");
            app.MapFallback(() => "secret");
        });

        foreach (var path in new[] { "/forgotten", "/problems/not-found/more", "/anything/else" })
        {
            using var anonymous = await host.SendAsync(HttpMethod.Get, path);
            using var signedIn = await host.SendAsync(HttpMethod.Get, path, "Bearer " + host.Issuer.Issue());

            await anonymous.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
            await signedIn.ShouldBeProblemAsync(AccessProblems.Forbidden);
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/problems")]
    [InlineData("/problems/not-found")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/swagger/index.html")]
    public async Task Open_routes_need_no_token_and_do_not_mind_a_bad_one(string path)
    {
        await using var host = await AccessHost.StartAsync();

        using var anonymous = await host.SendAsync(HttpMethod.Get, path);
        using var bad = await host.SendAsync(HttpMethod.Get, path, "Bearer x");

        using var good = await host.SendAsync(HttpMethod.Get, path, "Bearer " + host.Issuer.Issue());

        anonymous.StatusCode.ShouldBe(HttpStatusCode.OK);
        bad.StatusCode.ShouldBe(HttpStatusCode.OK);
        good.StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Validations.ShouldBe(0); // no token is validated where the endpoint does not require one
        host.Issuer.MetadataFetches.ShouldBe(0);
    }

    [Theory]
    [InlineData("/index.html")]
    [InlineData("/api")]
    [InlineData("/api/task-runs/1")]
    [InlineData("/api//task-runs")]
    public async Task A_path_that_does_not_exist_is_a_404_with_or_without_a_token(string path)
    {
        await using var host = await AccessHost.StartAsync();

        using var anonymous = await host.SendAsync(HttpMethod.Get, path);
        using var signedIn = await host.SendAsync(HttpMethod.Get, path, "Bearer " + host.Issuer.Issue());

        await anonymous.ShouldBeProblemAsync(HttpProblems.NotFound);
        await signedIn.ShouldBeProblemAsync(HttpProblems.NotFound);
    }

    [Fact]
    public async Task A_wrong_method_is_a_405_that_names_the_right_ones()
    {
        await using var host = await AccessHost.StartAsync();

        using var response = await host.SendAsync(HttpMethod.Delete, AccessHost.Protected);

        await response.ShouldBeProblemAsync(HttpProblems.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe([HttpMethods.Get]);
    }
}
