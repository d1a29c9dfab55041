using System.Net;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>Polls for changes, as JSON.</summary>
public sealed class ChangePollTests
{
    private const string Changes = "/api/task-runs/changes";
    private const string Query = "/api/task-runs?sort=-createdAt&limit=10";

    [Fact]
    public async Task From_the_monitor_of_a_page_the_links_lead_from_change_to_change()
    {
        await using var gateway = await StartAsync("c", "b", "a");
        var poll = await gateway.AskAsync((await gateway.AskAsync(Query)).Link("monitor")!);
        (poll.Status, poll.Text).ShouldBe((HttpStatusCode.OK, """{"total":3,"complete":true,"changes":[]}"""));

        await ChangeAsync(gateway, "d", "c", "a");
        poll = await gateway.AskAsync(poll.Link("next")!);

        Told(poll).ShouldBe(["deleted b", "created d"]);
        poll.Total.ShouldBe(3);
        var page = await gateway.AskAsync(Query);
        poll.Json["changes"]![1]!["run"]!.ToJsonString().ShouldBe(
            page.Json["runs"]!.AsArray().Single(run => (string?)run!["id"] == "d")!.ToJsonString());
        poll = await gateway.AskAsync(poll.Link("next")!);
        Told(poll).ShouldBeEmpty();
        page.Link("monitor").ShouldBe(poll.Link("next"));
    }

    [Fact]
    public async Task Without_since_it_is_empty_at_once_and_begins_now()
    {
        await using var gateway = await StartAsync("b", "a");

        var now = await gateway.AskAsync($"{Changes}?wait=25");

        Told(now).ShouldBeEmpty();
        await ChangeAsync(gateway, "c", "b", "a");
        Told(await gateway.AskAsync(now.Link("next")!)).ShouldBe(["created c"]);
    }

    [Fact]
    public async Task A_poll_that_waits_ends_with_the_first_change()
    {
        await using var gateway = await StartAsync("b", "a");
        var now = await gateway.AskAsync(Changes);
        var waiting = gateway.AskAsync($"{now.Link("next")}&wait=25");
        await gateway.UntilOpenAsync(1);

        await ChangeAsync(gateway, "c", "b", "a");

        Told(await waiting).ShouldBe(["created c"]);
        await gateway.UntilOpenAsync(0);
    }

    [Fact]
    public async Task A_poll_that_waits_in_vain_is_empty()
    {
        await using var gateway = await StartAsync("b", "a");
        var now = await gateway.AskAsync(Changes);
        var waiting = gateway.AskAsync($"{now.Link("next")}&wait=2");
        await gateway.UntilOpenAsync(1);

        var empty = await gateway.LetPassUntilAsync(waiting);

        (empty.Status, empty.Text, empty.Link("next")).ShouldBe((HttpStatusCode.OK, now.Text, now.Link("next")));
    }

    [Fact]
    public async Task The_headers_tell_the_age_and_keep_caches_away()
    {
        await using var gateway = await StartAsync("b", "a");

        var poll = await gateway.AskAsync(Changes);

        poll.Headers["Cache-Control"].ShouldBe("no-store");
        poll.Headers["Vary"].Split(", ").ShouldBe(["Authorization", "Cookie", "Origin", "Accept-Encoding", "Accept"], ignoreOrder: true);
        poll.CacheStatus.ShouldStartWith("nclue-gateway; hit; ttl=");
        poll.Headers["Content-Type"].ShouldBe("application/json");
        poll.Headers.ShouldNotContainKey("ETag");
    }

    [Fact]
    public async Task More_than_1000_changes_come_in_parts_of_whole_versions()
    {
        await using var gateway = await StartAsync([.. Ids(0, 50)]);
        var first = await gateway.AskAsync(Changes);
        for (var count = 120; count <= 1_650; count += 90)
        {
            await ChangeAsync(gateway, [.. Ids(0, count)]);
        }

        var parts = new List<PageResponse>();
        for (var next = first.Link("next")!; parts.Count == 0 || Told(parts[^1]).Length > 0; next = parts[^1].Link("next")!)
        {
            parts.Add(await gateway.LetDepartUntilAsync(gateway.AskAsync(next))); // it may wait for a newer version
        }

        parts.Count.ShouldBe(3);
        parts.ShouldAllBe(part => Told(part).Length <= 1_000);
        parts.SelectMany(Told).Order().ShouldBe(gateway.Shown()!.Roll.From(0)
            .Select(entry => $"created {entry.Run.Id}").Except(Ids(0, 50).Select(id => $"created {id}")).Order());
        parts[^1].Total.ShouldBe(gateway.Shown()!.Roll.Count);
    }

    [Fact]
    public async Task A_version_that_is_no_longer_kept_is_410()
    {
        await using var gateway = await StartAsync(("Snapshot:CursorsFor", "00:00:10"), "b", "a");
        var first = await gateway.AskAsync(Changes);
        await ChangeAsync(gateway, "c", "b", "a");
        gateway.Clock.Advance(TimeSpan.FromSeconds(11));
        await ChangeAsync(gateway, "d", "c", "b", "a");

        var expired = await gateway.AskAsync(first.Link("next")!);

        (expired.Status, expired.Problem).ShouldBe((HttpStatusCode.Gone, "/problems/changes-expired"));
        (await gateway.AskAsync($"{Changes}?since=1-1-00000000")).Status.ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task Until_the_list_is_complete_it_is_503_with_the_progress()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 500 });

        var building = await gateway.AskAsync($"{Changes}?since=1-1-00000000&wait=25");

        (building.Status, building.Problem).ShouldBe((HttpStatusCode.ServiceUnavailable, "/problems/list-incomplete"));
        ((int)building.Json["runs"]!).ShouldBe(0);
    }

    [Theory]
    [InlineData("since=", "since")]
    [InlineData("since=1-1", "since")]
    [InlineData("since=1-1-0000000g", "since")]
    [InlineData("since=1-1-00000000&since=1-1-00000000", "since")]
    [InlineData("wait=26", "wait")]
    [InlineData("wait=-1", "wait")]
    [InlineData("wait=1.5", "wait")]
    [InlineData("limit=10", "limit")]
    public async Task Mistakes_are_400_and_name_the_parameter(string query, string parameter)
    {
        await using var gateway = await StartAsync("a");

        var refused = await gateway.AskAsync($"{Changes}?{query}");

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Errors().Keys.ShouldBe([parameter]);
    }

    [Fact]
    public async Task A_version_beyond_the_newest_is_400()
    {
        await using var gateway = await StartAsync("a");
        var newest = gateway.Shown()!.Version;

        var refused = await gateway.AskAsync($"{Changes}?since={newest.Epoch}-{newest.Number + 1_000}-00000000"); // reads have numbers too

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Errors().Keys.ShouldBe(["since"]);
    }

    [Theory]
    [InlineData("application/json", "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData("text/event-stream, application/json", "application/json")]
    [InlineData("text/html", "application/problem+json")]
    public async Task Accept_chooses_and_ties_are_json(string accept, string sent)
    {
        await using var gateway = await StartAsync("a");

        var response = await gateway.AskAsync(Changes, ("Accept", accept));

        response.Headers["Content-Type"].ShouldStartWith(sent);
        response.Headers["Vary"].ShouldContain("Accept");
        response.Status.ShouldBe(sent.Contains("problem") ? HttpStatusCode.NotAcceptable : HttpStatusCode.OK);
    }

    [Fact]
    public async Task Other_methods_than_GET_are_405()
    {
        await using var gateway = await StartAsync("a");

        foreach (var method in new[] { HttpMethod.Head, HttpMethod.Post })
        {
            var refused = await gateway.AskAsync(method, Changes);
            (refused.Status, refused.Headers["Allow"]).ShouldBe((HttpStatusCode.MethodNotAllowed, "GET"));
        }
    }

    private static IEnumerable<string> Ids(int from, int count) =>
        Enumerable.Range(from, count).Reverse().Select(number => $"run-{number:0000}");

    private static string[] Told(PageResponse poll) =>
        [.. poll.Json["changes"]!.AsArray().Select(change => $"{(string)change!["type"]!} {(string)change["id"]!}")];

    private static Task<GatewayHost> StartAsync(params string[] ids) => StartAsync(("Cache:FreshFor", "00:00:01"), ids);

    private static Task<GatewayHost> StartAsync((string, string) setting, params string[] ids) =>
        QueryHosts.StartCompleteAsync([.. ids.Select(ChangeHosts.Run)], setting);

    private static Task ChangeAsync(GatewayHost gateway, params string[] ids) => gateway.ChangeListAsync([.. ids.Select(ChangeHosts.Run)]);
}
