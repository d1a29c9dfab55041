using System.Globalization;
using System.Net;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>Queries while the list is being read, too long, old or without an order.</summary>
public sealed class QueryStateTests
{
    private const string Query = "/api/task-runs?sort=-createdAt&limit=10";
    private const string Summary = "/api/task-runs/summary";

    [Fact]
    public async Task The_first_query_begins_the_list_and_hears_how_long_it_will_take()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 1_000 });
        for (var interval = 0; interval < 20; interval++)
        {
            gateway.AdvanceOneInterval();
        }

        (await gateway.AskAsync("/api/task-runs?sort=wrong")).Status.ShouldBe(HttpStatusCode.BadRequest);
        gateway.Nclue.Arrivals.ShouldBeEmpty(); // no caller has asked

        foreach (var address in new[] { Query, Summary })
        {
            var first = await gateway.AskAsync(address);
            first.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            first.Problem.ShouldBe("/problems/list-incomplete");
            first.Headers.ShouldContainKey("Retry-After");
            ((int)first.Json["runs"]!).ShouldBeLessThanOrEqualTo(100); // the first part of the list may have come already
        }

        var retries = new List<int>();
        await gateway.LetDepartUntilAsync(state => state.Roll.Count > 0);
        var response = await gateway.AskAsync(Query);
        for (; response.Status != HttpStatusCode.OK; response = await gateway.AskAsync(Query))
        {
            response.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, response.Text);
            ((int)response.Json["expectedTotal"]!).ShouldBe(1_000);
            var windows = (1_000 - (int)response.Json["runs"]!) / 90; // each has ten rows of the one before
            retries.Add(RetryAfter(response));
            retries[^1].ShouldBeInRange((int)(1.05 * windows), (int)(1.05 * (windows + 2)) + 1);
            await gateway.LetOneDepartAsync();
        }

        retries.Count.ShouldBeGreaterThan(5);
        retries.ShouldBe(retries.OrderDescending());
        response.Total.ShouldBe(1_000);
    }

    [Fact]
    public async Task With_partial_callers_get_the_known_runs_of_an_incomplete_list_and_can_page_through_them()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 1_000 });
        var empty = await gateway.AskAsync($"{Query}&partial=true");
        (empty.Status, (bool)empty.Json["complete"]!).ShouldBe((HttpStatusCode.OK, false));
        empty.Total!.Value.ShouldBeLessThanOrEqualTo(100); // the first part of the list may have come already
        await gateway.LetDepartUntilAsync(state => state.Roll.Count > 0);

        List<PageResponse> pages = [await gateway.AskAsync("/api/task-runs?sort=-createdAt&limit=30&partial=true")];
        var known = (int)pages[0].Total!;
        var summary = await gateway.AskAsync($"{Summary}?partial=true");
        await gateway.LetOneDepartAsync();
        await gateway.FollowAsync(pages, "next");

        known.ShouldBeInRange(100, 280);
        pages.ShouldAllBe(page => page.Total == known && !(bool)page.Json["complete"]!);
        pages.SelectMany(page => page.Runs).ShouldBe(Enumerable.Range(1_000 - known, known).Reverse());
        ((int)summary.Json["total"]!).ShouldBeInRange(known, known + 90); // another part may have come between the two
        ((bool)summary.Json["complete"]!).ShouldBeFalse();
        (await gateway.AskAsync($"{Query}&partial=true")).Total!.Value.ShouldBeGreaterThan(known);
        await gateway.CompleteAsync();
        var whole = await gateway.AskAsync($"{Query}&partial=true");
        (whole.Total, (bool)whole.Json["complete"]!).ShouldBe((1_000, true));
    }

    [Fact]
    public async Task A_list_that_is_too_long_is_501_and_pages_are_served()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 250 }, QueryHosts.Settings(("Snapshot:MaxRuns", "200")));
        await gateway.AskAsync(Query);
        await gateway.LetDepartUntilAsync(state => state.Roll.Count > 0);

        foreach (var address in new[] { Query, $"{Query}&partial=true", Summary, "/api/task-runs/some-id" })
        {
            var refused = await gateway.AskAsync(address);
            refused.Status.ShouldBe(HttpStatusCode.NotImplemented, address);
            refused.Problem.ShouldBe("/problems/list-too-large");
            ((string?)refused.Json["detail"])!.ShouldContain("Snapshot:MaxRuns, which is 200");
            refused.Headers.ShouldNotContainKey("Retry-After");
        }

        var before = gateway.Nclue.Arrivals.Count;
        for (var interval = 0; interval < 30; interval++)
        {
            gateway.AdvanceOneInterval();
        }

        gateway.Nclue.Arrivals.Count.ShouldBe(before);
        (await gateway.ReadPatientlyAsync(240)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task While_NCLUE_fails_queries_grow_old_and_name_the_failure_until_the_copy_is_too_old()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 }, ("Cache:KeepFor", "00:10:00"));
        var next = (await gateway.AskAsync(Query)).Link("next")!;
        gateway.Nclue.Fault = new() { Status = 500 };
        gateway.Clock.Advance(TimeSpan.FromSeconds(11));
        await gateway.UntilFailingAsync();

        var age = 0;
        foreach (var minute in Enumerable.Range(0, 9))
        {
            foreach (var address in new[] { Query, next, Summary })
            {
                var page = await gateway.AskAsync(address);
                page.Status.ShouldBe(HttpStatusCode.OK);
                page.CacheStatus.ShouldEndWith("; detail=upstream-error");
                page.Age.ShouldBeGreaterThan(age);
            }

            age = (60 * minute) + 10;
            gateway.Clock.Advance(TimeSpan.FromMinutes(1));
            await gateway.UntilFailingAsync();
        }

        gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        await gateway.UntilFailingAsync();
        foreach (var address in new[] { Query, next, Summary, $"{Query}&partial=true", "/api/task-runs/some-id" })
        {
            var refused = await gateway.AskAsync(address);
            refused.Problem.ShouldBe("/problems/upstream-error", address);
            refused.Status.ShouldBe(HttpStatusCode.BadGateway);
        }

        gateway.Nclue.Fault = null;
        (await gateway.LetDepartUntilAsync(WhenAnsweredAsync(gateway))).Age.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task A_copy_that_is_much_too_old_is_renewed_while_the_caller_waits()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Runs = 90 });
        gateway.Nclue.Runs.Prepend(1);
        gateway.Nclue.Delay = TimeSpan.FromSeconds(3);
        gateway.Clock.Advance(TimeSpan.FromMinutes(30));

        var page = await gateway.LetDepartUntilAsync(gateway.AskAsync(Query));

        page.Total.ShouldBe(91);
        page.Age.ShouldBeLessThan(8);
        page.CacheStatus.ShouldBe("nclue-gateway; fwd=stale; stored");
    }

    [Fact]
    public async Task A_copy_that_is_a_little_old_is_sent_at_once_and_renewed_after_it()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 });
        gateway.Nclue.Delay = TimeSpan.FromSeconds(1);
        gateway.Clock.Advance(TimeSpan.FromSeconds(30));

        var page = await gateway.AskAsync(Query);

        page.Age.ShouldBeGreaterThanOrEqualTo(30);
        page.CacheStatus.ShouldStartWith("nclue-gateway; hit; ttl=-2");
        await gateway.LetDepartUntilAsync(WhenAnsweredAsync(gateway, renewed => renewed.Age < 10));
    }

    [Fact]
    public async Task An_unordered_list_is_whole_after_two_passes_and_says_so()
    {
        var random = new Random(18);
        var runs = Enumerable.Range(0, 90)
            .Select(n => new ListedRun($"run-{n}") { CreatedAt = ListedRun.At(DateTimeOffset.UnixEpoch.AddHours(n)) }).ToArray();
        await using var gateway = await GatewayHost.StartAsync(settings: QueryHosts.Settings(("Cache:FreshFor", "00:00:02")));
        gateway.Nclue.Rows = Shuffled();
        await gateway.AskAsync(Query);
        for (var read = 0; read < 40 && !IsWhole(); read++)
        {
            gateway.Nclue.Rows = Shuffled();
            await gateway.LetOneDepartAsync();
        }

        var page = await gateway.LetDepartUntilAsync(WhenAnsweredAsync(gateway));
        page.CacheStatus.ShouldEndWith("; detail=unordered");
        page.Total.ShouldBe(90, string.Join(" ", page.Ids()));
        page.Ids().ShouldBe(Enumerable.Range(80, 10).Reverse().Select(n => $"run-{n}"));

        string[] Shuffled() => [.. runs.OrderBy(_ => random.Next()).Select(run => run.Row)];

        bool IsWhole() => gateway.Snapshot() is { Order: ListOrder.Unordered, State.Roll.IsComplete: true };
    }

    private static async Task<PageResponse> WhenAnsweredAsync(GatewayHost gateway, Predicate<PageResponse>? isAsExpected = null)
    {
        while (true)
        {
            var page = await gateway.AskAsync(Query);
            if (page.Status == HttpStatusCode.OK && isAsExpected?.Invoke(page) != false)
            {
                return page;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private static int RetryAfter(PageResponse problem) => int.Parse(problem.Headers["Retry-After"], CultureInfo.InvariantCulture);
}
