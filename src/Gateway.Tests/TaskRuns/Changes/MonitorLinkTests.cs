using System.Net;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>The link from a response to a query to the changes after it. That pages have none: QueryParameterTests.</summary>
public sealed class MonitorLinkTests
{
    [Theory]
    [InlineData("?sort=name&limit=10")]
    [InlineData("/summary")]
    [InlineData("/a")]
    public async Task A_query_leads_to_the_changes_after_its_version(string query)
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(
            [ChangeHosts.Run("b"), ChangeHosts.Run("a")], ("Http:PathBase", "/nclue"));
        var response = await gateway.AskAsync($"/nclue/api/task-runs{query}");
        response.Status.ShouldBe(HttpStatusCode.OK);
        await gateway.ChangeListAsync([ChangeHosts.Run("c"), ChangeHosts.Run("b"), ChangeHosts.Run("a")]);

        var monitor = response.Link("monitor")!;
        var changes = await gateway.AskAsync(monitor);

        monitor.ShouldStartWith("/nclue/api/task-runs/changes?since=");
        changes.Json["changes"]!.AsArray().Select(change => $"{change!["type"]} {change["id"]}").ShouldBe(["created c"]);
        changes.Link("next").ShouldBe((await gateway.AskAsync($"/nclue/api/task-runs{query}")).Link("monitor"));
    }

    [Theory]
    [InlineData("?status=failed")]
    [InlineData("/summary?status=failed")]
    [InlineData("/a")]
    public async Task A_304_leads_to_the_changes_after_the_newest_version(string query)
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([ChangeHosts.Run("a")]);
        var first = await gateway.AskAsync($"/api/task-runs{query}");
        await gateway.ChangeListAsync([ChangeHosts.Run("b"), ChangeHosts.Run("a")]);

        var unchanged = await gateway.AskAsync($"/api/task-runs{query}", ("If-None-Match", first.Headers["ETag"]));

        unchanged.Status.ShouldBe(HttpStatusCode.NotModified);
        unchanged.Link("monitor").ShouldBe($"/api/task-runs/changes?since={SnapshotVersion.Of(gateway.Shown()!.Version)}");
        unchanged.Link("monitor").ShouldNotBe(first.Link("monitor"));
    }
}
