using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Http;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Changes;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Status;

/// <summary>The status of one gateway, as a caller reads it.</summary>
public sealed class StatusTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateway_that_has_just_started_is_fine_and_knows_of_nothing_yet()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var response = await gateway.AskAsync(StatusHosts.Path);

        response.Headers["Cache-Control"].ShouldBe("no-store");
        response.Headers["Content-Type"].ShouldBe("application/json");
        response.Headers.Keys.ShouldNotContain("ETag");
        response.Headers.Keys.ShouldNotContain("Age");
        var unknown = string.Join(',', Enumerable.Repeat("null", 60));
        response.Text.ShouldBe($$"""
            {"upstream":"ok","detail":null,"pausedForSeconds":0,
            "departures":{"lastMinute":null,"mostPerMinute":57,"perMinute":[{{unknown}}]},
            "snapshot":{"state":"off","runs":0,"expectedTotal":null,"order":"unknown","asOf":null,"sweptAt":null},
            "streams":0,"replicas":1,"redis":"none"}
            """.ReplaceLineEndings(""));
    }

    [Fact]
    public async Task It_costs_no_request_to_NCLUE_and_does_not_begin_the_list()
    {
        await using var gateway = await GatewayHost.StartAsync();

        for (var interval = 0; interval < 100; interval++)
        {
            gateway.AdvanceOneInterval();
            (await gateway.StatusAsync())["snapshot"]!["state"]!.ToString().ShouldBe("off");
        }

        gateway.Nclue.Arrivals.ShouldBeEmpty();
        gateway.AskForSnapshot();
        (await gateway.StatusAsync())["snapshot"]!["state"]!.ToString().ShouldBe("building");
    }

    [Theory]
    [InlineData(401, "credentials", "NCP refused the gateway's request (HTTP 401): the key pair is probably wrong, disabled or expired.")]
    [InlineData(404, "credentials", "NCP refused the gateway's request (HTTP 404): the path of Nclue:BaseAddress is probably wrong.")]
    [InlineData(500, "failing", "NCLUE responded with HTTP 500.")]
    [InlineData(429, "paused", "NCP throttles the account (HTTP 429): another program may use it too.")]
    public async Task While_NCLUE_fails_it_is_200_and_says_what_is_wrong_without_a_key_or_a_host(int status, string state, string detail)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new Fault
        {
            Status = status,
            Body = $$$"""{"error":{"message":"{{{GatewayHost.AccessKey}}} at {{{gateway.Nclue.BaseAddress}}}"}}""",
            Headers = status == 429 ? new Dictionary<string, string> { ["Retry-After"] = "30" } : [],
        };
        var read = gateway.ReadAsync();
        await gateway.UntilFailingAsync();

        var response = await gateway.AskAsync(StatusHosts.Path);

        response.Status.ShouldBe(HttpStatusCode.OK);
        response.Json.Upstream().ShouldBe((state, detail, status == 429 ? 30 : 0));
        string[] hidden =
            [GatewayHost.AccessKey, GatewayHost.SecretKey, gateway.Nclue.BaseAddress.Host, gateway.Issuer.Address, "reader"];
        Array.ForEach(hidden, secret => response.Text.ShouldNotContain(secret));

        gateway.Nclue.Fault = null;
        await gateway.LetDepartUntilAsync(read);
        gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        (await gateway.ReadPatientlyAsync()).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.StatusAsync()).Upstream().ShouldBe(("ok", null, 0));
    }

    [Fact]
    public async Task A_pause_is_counted_down_in_whole_seconds()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new Fault { Status = 429, Body = """{"error":{"errorCode":400}}""" };
        await gateway.ReadAsync();

        (await gateway.StatusAsync()).Upstream()
            .ShouldBe(("paused", "The quota of the NCP account is used up (HTTP 429, code 400).", 60));
        gateway.Clock.Advance(TimeSpan.FromSeconds(11.5));
        (await gateway.StatusAsync()).Upstream().PausedForSeconds.ShouldBe(49);
    }

    [Fact]
    public async Task An_upstream_that_cannot_be_reached_is_failing_and_no_pause_of_the_account()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.Nclue.PauseAsync(Ct);
        var read = gateway.ReadAsync();
        await gateway.UntilFailingAsync();

        var (state, detail, pause) = (await gateway.StatusAsync()).Upstream();

        (state, pause).ShouldBe(("failing", 0));
        detail.ShouldNotBeNull().ShouldStartWith("NCLUE cannot be reached");
        await gateway.LetDepartUntilAsync(read);
    }

    [Fact]
    public async Task The_list_is_built_and_then_complete_as_of_a_time()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250 });
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(state => state.Roll.Count > 0);

        var building = (await gateway.StatusAsync())["snapshot"]!.AsObject();
        await gateway.CompleteAsync();
        var complete = (await gateway.StatusAsync())["snapshot"]!.AsObject();

        ((string)building["state"]!, (long)building["expectedTotal"]!).ShouldBe(("building", 250));
        ((int)building["runs"]!).ShouldBeInRange(90, 249);
        (building["asOf"], building["sweptAt"]).ShouldBe((null, null));
        ((string)complete["state"]!, (int)complete["runs"]!, (long)complete["expectedTotal"]!).ShouldBe(("complete", 250, 250));
        ((string)complete["order"]!).ShouldBe("oldest-first");
        var (asOf, sweptAt) = (Time(complete, "asOf"), Time(complete, "sweptAt"));
        asOf.ShouldBeInRange(gateway.Clock.GetUtcNow() - TimeSpan.FromSeconds(20), gateway.Clock.GetUtcNow());
        sweptAt.ShouldBeInRange(gateway.Clock.GetUtcNow() - TimeSpan.FromSeconds(20), asOf);
        var again = Time((await gateway.StatusAsync())["snapshot"]!, "asOf"); // computed from an age each time
        (again - asOf).Duration().ShouldBeLessThanOrEqualTo(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task A_list_that_is_too_long_is_known_as_such()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 250 }, QueryHosts.Settings(("Snapshot:MaxRuns", "200")));
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(state => state.Roll.Count > 0);

        var list = (await gateway.StatusAsync())["snapshot"]!;

        ((string)list["state"]!, (long)list["expectedTotal"]!).ShouldBe(("too-large", 250));
    }

    [Fact]
    public async Task A_list_without_an_order_is_known_as_such()
    {
        var runs = Enumerable.Range(0, 20)
            .Select(n => new ListedRun($"run-{n}") { CreatedAt = ListedRun.At(DateTimeOffset.UnixEpoch.AddHours(n)) }).ToArray();
        await using var gateway = await GatewayHost.StartAsync(settings: QueryHosts.Settings(("Cache:FreshFor", "00:00:02")));
        gateway.Nclue.Rows = [.. runs.Select(run => run.Row)];
        gateway.AskForSnapshot();
        var random = new Random(18);
        for (var read = 0; read < 40 && (string)(await gateway.StatusAsync())["snapshot"]!["order"]! != "unordered"; read++)
        {
            gateway.Nclue.Rows = [.. runs.OrderBy(_ => random.Next()).Select(run => run.Row)];
            await gateway.LetOneDepartAsync();
        }

        var list = (await gateway.StatusAsync())["snapshot"]!;

        ((string)list["state"]!, (string)list["order"]!).ShouldBe(("unordered", "unordered"));
    }

    [Fact]
    public async Task Open_streams_are_counted_and_closed_ones_are_not()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([ChangeHosts.Run("a")]);
        using (var closes = CancellationTokenSource.CreateLinkedTokenSource(Ct))
        {
            var changes = (await gateway.AskAsync("/api/task-runs?sort=name")).Link("monitor");
            var poll = gateway.Client.GetAsync($"{changes}&wait=25", closes.Token);
            await gateway.UntilOpenAsync(1);
            ((int)(await gateway.StatusAsync())["streams"]!).ShouldBe(1);
            await closes.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(poll);
        }

        await gateway.UntilOpenAsync(0);
        ((int)(await gateway.StatusAsync())["streams"]!).ShouldBe(0);
    }

    [Fact]
    public async Task Only_callers_who_may_read_get_it_and_only_by_GET()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();
        using var poor = gateway.CreateAnonymousClient();
        poor.DefaultRequestHeaders.Add("Authorization", "Bearer " + gateway.Issuer.Issue(token => token.Claims["scope"] = "openid"));

        using var unknown = await anonymous.GetAsync(StatusHosts.Path, Ct);
        using var forbidden = await poor.GetAsync(StatusHosts.Path, Ct);
        using var changed = await gateway.Client.PostAsync(StatusHosts.Path, null, Ct);
        using var head = await gateway.Client.SendAsync(new(HttpMethod.Head, StatusHosts.Path), Ct);

        await unknown.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        await forbidden.ShouldBeProblemAsync(AccessProblems.Forbidden);
        await changed.ShouldBeProblemAsync(HttpProblems.MethodNotAllowed);
        changed.Content.Headers.Allow.ShouldBe(["GET"]);
        head.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Theory]
    [InlineData("?limit=20", null, "invalid-request")]
    [InlineData("?x", null, "invalid-request")]
    [InlineData("", "text/html", "not-acceptable")]
    public async Task A_request_that_asks_for_something_else_is_refused(string query, string? accept, string problem)
    {
        await using var gateway = await GatewayHost.StartAsync();

        var refused = await gateway.AskAsync(StatusHosts.Path + query, accept is null ? [] : [("Accept", accept)]);

        refused.Problem.ShouldBe("/problems/" + problem);
        if (query.Length > 0)
        {
            refused.Errors().ShouldBe(new Dictionary<string, string> { [query[1..].Split('=')[0]] = "There is no such parameter." });
        }
    }

    private static DateTimeOffset Time(JsonNode list, string name) => (DateTimeOffset)list[name]!;
}
