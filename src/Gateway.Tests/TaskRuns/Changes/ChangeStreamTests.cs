using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.TaskRuns.Changes;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>The messages of an event stream.</summary>
public sealed class ChangeStreamTests
{
    [Fact]
    public async Task A_stream_begins_with_a_bookmark_and_tells_each_version_in_one_message()
    {
        await using var gateway = await StartAsync("b", "a");
        using var client = gateway.CreateFastClient();
        await using var reader = await EventReader.OpenAsync(client);
        var first = (await reader.NextAsync())!.Value;
        (first.EventType, first.EventId).ShouldBe(("bookmark", Newest(gateway)));
        ((int)first.Json()["total"]!, (bool)first.Json()["complete"]!).ShouldBe((2, true));

        await ChangeAsync(gateway, "c", "b", "a");
        var one = await reader.NextAsync("changes");
        await ChangeAsync(gateway, "c", "a");
        var two = await reader.NextAsync("changes");

        Told(one).ShouldBe(["created c"]);
        Told(two).ShouldBe(["deleted b"]);
        two.EventId.ShouldBe(Newest(gateway));
        ((int)two.Json()["total"]!).ShouldBe(2);
    }

    [Fact]
    public async Task A_message_is_the_JSON_of_a_poll_and_the_same_for_all_readers()
    {
        await using var gateway = await StartAsync("b", "a");
        using var client = gateway.CreateFastClient();
        await using var one = await EventReader.OpenAsync(client);
        await using var two = await EventReader.OpenAsync(client);
        var start = (await one.NextAsync("bookmark")).EventId;
        await two.NextAsync("bookmark");

        await ChangeAsync(gateway, "c", "b");

        var message = await one.NextAsync("changes");
        (await two.NextAsync("changes")).ShouldBe(message);
        (await gateway.AskAsync($"/api/task-runs/changes?since={start}")).Text.ShouldBe(message.Data);
    }

    [Fact]
    public async Task A_reader_goes_on_from_its_last_event_which_wins_over_since()
    {
        await using var gateway = await StartAsync("a");
        var start = Newest(gateway);
        await ChangeAsync(gateway, "b", "a");
        var middle = Newest(gateway);
        await ChangeAsync(gateway, "c", "b", "a");
        using var client = gateway.CreateFastClient();

        await using var both = await EventReader.OpenAsync(client, $"?since={start}");
        await using var last = await EventReader.OpenAsync(client, $"?since={start}", ("Last-Event-ID", middle));

        (await both.NextAsync("bookmark")).EventId.ShouldBe(start);
        Told(await both.NextAsync("changes")).ShouldBe(["created b"]);
        Told(await both.NextAsync("changes")).ShouldBe(["created c"]);
        (await last.NextAsync("bookmark")).EventId.ShouldBe(middle);
        Told(await last.NextAsync("changes")).ShouldBe(["created c"]);
        (await last.NextAsync("bookmark")).EventId.ShouldBe(Newest(gateway));
    }

    [Fact]
    public async Task A_reader_whose_version_leads_nowhere_gets_a_reset_and_then_the_changes_after_it()
    {
        await using var gateway = await StartAsync("a");
        using var client = gateway.CreateFastClient();
        await using var reader = await EventReader.OpenAsync(client, "", ("Last-Event-ID", "1-1-00000000"));

        var reset = (await reader.NextAsync())!.Value;
        (reset.EventType, reset.EventId).ShouldBe(("reset", Newest(gateway)));
        ((int)reset.Json()["total"]!).ShouldBe(1);

        await ChangeAsync(gateway, "b", "a");
        Told(await reader.NextAsync("changes")).ShouldBe(["created b"]);
    }

    [Fact]
    public async Task A_reader_that_is_too_slow_gets_a_reset_in_place_of_what_it_has_not_read()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([ChangeHosts.Run("a")], ("Snapshot:CursorsFor", "00:00:10"));
        var stream = new OpenStream(default, long.MaxValue, new HttpRequestLifetimeFeature());
        var start = SnapshotVersion.Of(gateway.Shown()!.Version);
        var connection = new Pipe();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var sending = gateway.Services.GetRequiredService<ChangeStream>()
            .SendAsync(stream, start, new EventStreamWriter(connection.Writer), end.Token);
        await using var messages = SseParser.Create(connection.Reader.AsStream()).EnumerateAsync(end.Token).GetAsyncEnumerator(end.Token);
        (await messages.MoveNextAsync(), messages.Current.EventType).ShouldBe((true, "bookmark"));

        await ChangeAsync(gateway, "b", "a");
        gateway.Clock.Advance(TimeSpan.FromSeconds(11));
        await ChangeAsync(gateway, "c", "b", "a");

        stream.Wake(gateway.Clock.GetTimestamp());
        (await messages.MoveNextAsync(), messages.Current.EventType, messages.Current.EventId).ShouldBe((true, "reset", Newest(gateway)));
        await end.CancelAsync();
        await sending.ShouldThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task While_the_list_is_being_read_there_is_progress_and_then_one_reset()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 400 });
        using var client = gateway.CreateFastClient();
        await using var reader = await EventReader.OpenAsync(client);
        var first = (await reader.NextAsync())!.Value;
        (first.EventType, first.EventId).ShouldBe(("progress", null));
        first.Json().AsObject().Select(member => member.Key).ShouldBe(["runs", "expectedTotal"]);

        await gateway.LetDepartUntilAsync(gateway.UntilShownAsync());

        var names = new List<string>();
        while (names.LastOrDefault() != "reset")
        {
            names.Add((await reader.NextAsync())!.Value.EventType);
        }

        names.SkipLast(1).ShouldAllBe(name => name == "progress");
    }

    [Fact]
    public async Task A_reader_gets_a_message_every_15_seconds_at_the_latest_also_while_NCLUE_fails()
    {
        await using var gateway = await StartAsync("a");
        using var client = gateway.CreateFastClient();
        await using var reader = await EventReader.OpenAsync(client);
        await reader.NextAsync("bookmark");
        gateway.Nclue.Fault = new() { Status = 500 };

        var asOf = new List<string>();
        for (var heartbeat = 0; heartbeat < 4; heartbeat++)
        {
            gateway.Clock.Advance(TimeSpan.FromSeconds(15));
            asOf.Add((string)(await reader.NextAsync("bookmark")).Json()["asOf"]!);
        }

        asOf.Distinct().Count().ShouldBeLessThanOrEqualTo(2); // the list has not become newer
        DateTimeOffset.Parse(asOf[^1], CultureInfo.InvariantCulture).ShouldBeLessThan(gateway.Clock.GetUtcNow() - TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Each_read_that_found_the_list_current_is_a_bookmark()
    {
        await using var gateway = await StartAsync("a");
        using var client = gateway.CreateFastClient();
        await using var reader = await EventReader.OpenAsync(client);
        var first = await reader.NextAsync("bookmark");

        await gateway.LetOneDepartAsync();

        var second = (await reader.NextAsync())!.Value;
        (second.EventType, second.EventId).ShouldBe(("bookmark", first.EventId));
        string.CompareOrdinal((string)second.Json()["asOf"]!, (string)first.Json()["asOf"]!).ShouldBePositive();
    }

    [Fact]
    public async Task The_headers_keep_proxies_from_storing_changing_and_buffering()
    {
        await using var gateway = await StartAsync("a");
        using var client = gateway.CreateFastClient();

        await using var reader = await EventReader.OpenAsync(client, "", ("Accept-Encoding", "br, gzip"));

        reader.Status.ShouldBe(HttpStatusCode.OK);
        reader.Header("Content-Type").ShouldBe("text/event-stream");
        reader.Header("Cache-Control").ShouldBe("no-store, no-transform");
        reader.Header("X-Accel-Buffering").ShouldBe("no");
        reader.Header("Content-Encoding").ShouldBeNull();
        reader.Header("Vary")!.ShouldContain("Accept");
    }

    [Fact]
    public async Task Each_stream_has_a_time_of_its_own_until_browsers_open_the_next_one()
    {
        await using var gateway = await StartAsync("a");
        using var client = gateway.CreateFastClient();
        var times = new HashSet<TimeSpan>();
        for (var stream = 0; stream < 8; stream++)
        {
            await using var reader = await EventReader.OpenAsync(client);
            var retry = (await reader.NextAsync())!.Value.ReconnectionInterval!.Value;
            retry.ShouldBeInRange(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
            times.Add(retry);
        }

        times.Count.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData("?wait=5", "", "wait")]
    [InlineData("?since=x", "", "since")]
    [InlineData("", "x", "Last-Event-ID")]
    public async Task Mistakes_are_400_and_name_the_parameter(string query, string lastEventId, string name)
    {
        await using var gateway = await StartAsync("a");
        using var client = gateway.CreateFastClient();

        await using var reader = await EventReader.OpenAsync(
            client, query, lastEventId.Length > 0 ? [("Last-Event-ID", lastEventId)] : []);

        reader.Status.ShouldBe(HttpStatusCode.BadRequest);
        (await reader.ReadProblemAsync())["errors"]!.AsObject().Select(error => error.Key).ShouldBe([name]);
    }

    private static string Newest(GatewayHost gateway) =>
        SnapshotVersion.Of(gateway.Shown()!.Version).ToString();

    private static string[] Told(SseItem<string> message) =>
        [.. message.Json()["changes"]!.AsArray().Select(change => $"{(string)change!["type"]!} {(string)change["id"]!}")];

    private static Task<GatewayHost> StartAsync(params string[] ids) =>
        QueryHosts.StartCompleteAsync([.. ids.Select(ChangeHosts.Run)], ("Quota:Streams", "100"));

    private static Task ChangeAsync(GatewayHost gateway, params string[] ids) => gateway.ChangeListAsync([.. ids.Select(ChangeHosts.Run)]);
}
