using System.Net;
using NclueGateway.Http;
using NclueGateway.Tests.Check;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>A rate limit of three requests at once and one per second, for each caller.</summary>
public sealed class CallerRateLimitTests : IAsyncLifetime
{
    private AccessHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await AccessHost.StartAsync(quota: new() { RequestsPerSecond = 1, Burst = 3 });

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Whoever_sends_more_than_its_quota_is_told_when_to_come_back_and_is_served_then()
    {
        await ShouldLeaveAsync("r=2;t=1");
        await ShouldLeaveAsync("r=1;t=2");
        await ShouldLeaveAsync("r=0;t=3");

        await ShouldBeRefusedAsync();
        _host.Time.Advance(TimeSpan.FromMilliseconds(999));
        await ShouldBeRefusedAsync();

        _host.Time.Advance(TimeSpan.FromMilliseconds(1));
        await ShouldLeaveAsync("r=0;t=3");
        await ShouldBeRefusedAsync();
    }

    [Fact]
    public async Task After_a_rest_the_quota_is_whole_again_but_not_more()
    {
        await UseUpAsync();

        _host.Time.Advance(TimeSpan.FromSeconds(3));
        await UseUpAsync();

        _host.Time.Advance(TimeSpan.FromMinutes(3));
        await UseUpAsync();
    }

    [Fact]
    public async Task Neither_another_person_nor_another_application_is_affected()
    {
        await UseUpAsync();

        await ShouldLeaveAsync("r=2;t=1", token => token.Claims["sub"] = "bob");
        await ShouldLeaveAsync("r=2;t=1", token => token.Claims["client_id"] = "notebook");
        await ShouldLeaveAsync("r=1;t=2", token => token.Claims["sub"] = "bob");
        await ShouldBeRefusedAsync();
    }

    [Fact]
    public async Task Another_token_is_not_another_quota()
    {
        for (var i = 0; i < 3; i++)
        {
            using var response = await _host.GetWithAsync(token => token.Claims["jti"] = $"{i}");
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await ShouldBeRefusedAsync(token => token.Claims["jti"] = "3");
    }

    [Fact]
    public async Task Requests_that_are_forbidden_or_lead_nowhere_count_as_well()
    {
        using var nowhere = await _host.SendAsync(HttpMethod.Get, "/api/nowhere", "Bearer " + _host.Issuer.Issue());
        using var wrongMethod = await _host.SendAsync(HttpMethod.Delete, "/API/task-runs", "Bearer " + _host.Issuer.Issue());
        using var forbidden = await _host.GetWithAsync(token => token.Claims.Remove("scope"));

        await nowhere.ShouldBeProblemAsync(HttpProblems.NotFound);
        await wrongMethod.ShouldBeProblemAsync(HttpProblems.MethodNotAllowed);
        await forbidden.ShouldBeProblemAsync(AccessProblems.Forbidden);
        Limit(nowhere).ShouldBe("\"caller\";r=2;t=1");
        Limit(wrongMethod).ShouldBe("\"caller\";r=1;t=2");
        Limit(forbidden).ShouldBe("\"caller\";r=0;t=3");
        await ShouldBeRefusedAsync(token => token.Claims.Remove("scope"));
        await ShouldBeRefusedAsync();
    }

    [Fact]
    public async Task A_bad_token_uses_up_nothing_of_whom_it_names()
    {
        for (var i = 0; i < 10; i++)
        {
            using var response = await _host.GetWithAsync(token => token.Key = TestKey.Ecdsa("mine"));
            using var anonymous = await _host.GetAsync();

            await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
            await anonymous.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
            response.Headers.Contains("RateLimit").ShouldBeFalse();
            anonymous.Headers.Contains("RateLimit-Policy").ShouldBeFalse();
        }

        await ShouldLeaveAsync("r=2;t=1");
    }

    [Fact]
    public async Task Public_endpoints_have_no_quota()
    {
        await UseUpAsync();

        foreach (var path in new[] { "/problems", "/health/live", "/openapi/v1.json", "/apiary" })
        {
            using var response = await _host.SendAsync(HttpMethod.Get, path, "Bearer " + _host.Issuer.Issue());
            response.StatusCode.ShouldBe(path == "/apiary" ? HttpStatusCode.NotFound : HttpStatusCode.OK);
            response.Headers.Contains("RateLimit").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_page_and_its_304_tell_the_defaults()
    {
        await using var gateway = await GatewayHost.StartAsync(settings: new Dictionary<string, string?> { ["Quota:Burst"] = null });
        using var client = gateway.CreateClient("somebody");
        var page = await GatewayHost.ReadAsync(client);
        client.DefaultRequestHeaders.Add("If-None-Match", page.Headers["ETag"]);
        var same = await GatewayHost.ReadAsync(client);

        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Headers["RateLimit-Policy"].ShouldBe("\"caller\";q=100;w=2");
        page.Headers["RateLimit"].ShouldBe("\"caller\";r=99;t=1");
        same.Status.ShouldBe(HttpStatusCode.NotModified);
        same.Headers["RateLimit"].ShouldBe("\"caller\";r=98;t=1");
    }

    [Fact]
    public async Task A_rate_of_zero_limits_no_caller_and_keeps_the_headers_that_the_API_promises()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 500 }, new Dictionary<string, string?>
        {
            ["Quota:RequestsPerSecond"] = "0",
            ["Quota:Burst"] = "1",
            ["Quota:ColdBlocks"] = "2",
        });
        for (var i = 0; i < 200; i++)
        {
            var page = await gateway.ReadAsync();
            page.Status.ShouldBe(HttpStatusCode.OK);
            page.Headers["RateLimit-Policy"].ShouldBe("\"caller\";q=1000000000;w=1");
            page.Headers["RateLimit"].ShouldBe("\"caller\";r=1000000000;t=0");
        }

        var waiting = gateway.ReadAsync(190); // for two blocks
        await gateway.UntilWaitingAsync(2);
        (await gateway.ReadAsync(350)).Problem.ShouldBe("/problems/caller-quota", "the other limits still apply");
        await gateway.LetDepartUntilAsync(waiting);
    }

    [Theory]
    [InlineData("-1", 1)]
    [InlineData("10001", 1)]
    [InlineData("10000", 0)]
    public async Task The_rate_is_zero_or_a_number_in_its_range(string rate, int mistakes)
    {
        await using var installation = await CheckedInstallation.StartAsync();

        var seen = await installation.CheckAsync("Quota:RequestsPerSecond", rate, callsUpstream: false);

        (seen["settings"].Details?.Count ?? 0).ShouldBe(mistakes);
    }

    private async Task UseUpAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            using var response = await _host.GetWithAsync();
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await ShouldBeRefusedAsync();
    }

    private async Task ShouldLeaveAsync(string left, Action<TokenDraft>? change = null)
    {
        using var response = await _host.GetWithAsync(change);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("RateLimit-Policy").ShouldBe(["\"caller\";q=3;w=3"]);
        Limit(response).ShouldBe("\"caller\";" + left);
    }

    private async Task ShouldBeRefusedAsync(Action<TokenDraft>? change = null)
    {
        using var response = await _host.GetWithAsync(change);
        await response.ShouldBeProblemAsync(AccessProblems.CallerQuota);
        response.Headers.GetValues("Retry-After").ShouldBe(["1"]);
        response.Headers.GetValues("RateLimit-Policy").ShouldBe(["\"caller\";q=3;w=3"]);
        Limit(response).ShouldBe("\"caller\";r=0;t=1");
    }

    private static string Limit(HttpResponseMessage response) => response.Headers.GetValues("RateLimit").ShouldHaveSingleItem();
}
