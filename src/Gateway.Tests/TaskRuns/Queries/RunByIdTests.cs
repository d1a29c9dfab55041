using System.Globalization;
using System.Net;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>Single runs, by their ids.</summary>
public sealed class RunByIdTests
{
    private const string List = "/api/task-runs";

    /// <summary>On a busy machine the fake clock goes on for some seconds while a response is taken in.</summary>
    private static readonly (string, string) LongWait = ("Cache:WaitFor", "00:01:00");

    [Fact]
    public async Task A_run_is_the_object_of_the_list()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Runs = 150 });
        var page = await gateway.AskAsync($"{List}?sort=name&limit=100");

        foreach (var run in page.Json["runs"]!.AsArray())
        {
            var alone = await gateway.AskAsync($"{List}/{run!["id"]}");

            alone.Status.ShouldBe(HttpStatusCode.OK);
            alone.Json.ToJsonString().ShouldBe(run.ToJsonString());
            alone.Link("collection").ShouldBe(List);
        }
    }

    [Fact]
    public async Task An_odd_id_finds_its_run_and_no_other()
    {
        string[] ids =
        [
            "a/b", "a//b/", "run 1", "50%", "a%2Fb", "a%2fb", "%25", "%", "a+b", "a b",
            "a?b#c", "실행-😀", "Summary ", "\"'<>\\",
        ];
        await using var gateway = await QueryHosts.StartCompleteAsync([.. ids.Select(id => new ListedRun(id))]);
        foreach (var id in ids)
        {
            var run = await gateway.AskAsync($"{List}/{Uri.EscapeDataString(id)}?");

            run.Status.ShouldBe(HttpStatusCode.OK, id);
            ((string?)run.Json["id"]).ShouldBe(id);
        }
    }

    [Fact]
    public async Task An_unknown_id_is_404_with_the_age_of_the_list_after_one_read_of_its_edge()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 150 }, ("Cache:FreshFor", "00:05:00"));
        await gateway.UntilNoneInFlightAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(100));
        var before = gateway.Nclue.Arrivals.Count;

        var unknown = await gateway.LetDepartUntilAsync(gateway.AskAsync($"{List}/no-such-run"));

        unknown.Status.ShouldBe(HttpStatusCode.NotFound);
        unknown.Problem.ShouldBe("/problems/not-found");
        unknown.Age.ShouldBeLessThan(60);
        gateway.Nclue.Arrivals.Count.ShouldBeInRange(before + 1, before + 2);
        gateway.Nclue.Arrivals[^1].Index.ShouldBe(140); // where new runs appear
    }

    [Fact]
    public async Task Fifty_unknown_ids_at_once_cost_at_most_one_request_per_beat()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(
            new() { Frozen = true, Runs = 150 }, ("Cache:WaitFor", "00:00:02"), ("Cache:FreshFor", "00:00:30"));
        await gateway.UntilNoneInFlightAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(2));
        var (before, started) = (gateway.Nclue.Arrivals.Count, gateway.Clock.GetUtcNow());

        for (var round = 0; round < 4; round++)
        {
            var unknown = await gateway.LetDepartUntilAsync(
                Task.WhenAll(Enumerable.Range(0, 50).Select(n => gateway.AskAsync($"{List}/unknown-{round}-{n}"))));
            unknown.ShouldAllBe(response => response.Status == HttpStatusCode.NotFound);
        }

        (gateway.Clock.GetUtcNow() - started).ShouldBeLessThan(TimeSpan.FromSeconds(28)); // so that the edge is not due by itself
        (gateway.Nclue.Arrivals.Count - before).ShouldBeInRange(1, 2); // a second one may depart while the first is taken in
    }

    [Fact]
    public async Task A_run_that_was_created_a_moment_ago_is_found_at_the_first_try()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Runs = 150 }, LongWait);
        gateway.Clock.Advance(TimeSpan.FromSeconds(2)); // the list was read two seconds ago
        gateway.Nclue.Runs.Prepend(1);
        var id = SimulatedRun.IdOf(gateway.Nclue.Runs.NumberAt(0));

        var run = await gateway.LetDepartUntilAsync(gateway.AskAsync($"{List}/{id}"));

        run.Status.ShouldBe(HttpStatusCode.OK);
        NumberOf(run).ShouldBe(gateway.Nclue.Runs.NumberAt(0));
        run.Age.ShouldBeLessThan(10); // the clock goes on while the request is on its way
    }

    [Fact]
    public async Task The_age_of_a_run_counts_from_the_last_response_that_held_it()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Runs = 250 });
        var (first, last) = (SimulatedRun.IdOf(gateway.Nclue.Runs.NumberAt(0)), SimulatedRun.IdOf(gateway.Nclue.Runs.NumberAt(249)));
        gateway.Clock.Advance(TimeSpan.FromSeconds(12));
        await gateway.LetOneDepartAsync(); // the edge

        var age = (await gateway.AskAsync($"{List}/{first}")).Age;
        (await gateway.AskAsync($"{List}/{last}")).Age.ShouldBeGreaterThanOrEqualTo(age + 10);
    }

    [Fact]
    public async Task While_the_list_is_incomplete_a_known_run_is_found_and_an_unknown_one_is_503()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 1_000 });
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(state => state.Roll.Count > 50);
        gateway.Shown().ShouldBeNull();

        var known = await gateway.AskAsync($"{List}/{SimulatedRun.IdOf(gateway.Nclue.Runs.NumberAt(50))}");
        var unknown = await gateway.AskAsync($"{List}/{SimulatedRun.IdOf(gateway.Nclue.Runs.NumberAt(900))}");

        known.Status.ShouldBe(HttpStatusCode.OK);
        unknown.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        unknown.Problem.ShouldBe("/problems/list-incomplete");
        int.Parse(unknown.Headers["Retry-After"], CultureInfo.InvariantCulture).ShouldBeInRange(8, 13);
        ((int)unknown.Json["runs"]!).ShouldBeInRange(100, 280);
        ((int)unknown.Json["expectedTotal"]!).ShouldBe(1_000);
    }

    [Fact]
    public async Task A_run_takes_no_parameter()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Runs = 50 });

        var refused = await gateway.AskAsync($"{List}/{SimulatedRun.IdOf(1)}?status=completed&partial=true");

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Errors().Keys.ShouldBe(["status", "partial"]);
    }

    private static int NumberOf(PageResponse run) => SimulatedRun.NumberOf((string)run.Json["name"]!);
}
