using Microsoft.AspNetCore.Http;
using NclueGateway.Client;
using static NclueGateway.Tests.Clients.PlayedGateway;

namespace NclueGateway.Tests.Clients;

/// <summary>The C# client follows the list through cuts, resets and ends of streams.</summary>
public sealed class CSharpClientWatchListTests
{
    private const string Page = "?sort=-createdAt&limit=100";

    [Fact]
    public async Task It_begins_with_all_pages_of_the_list_and_follows_from_their_version()
    {
        await using var gateway = await StartAsync(List("v1", ["a", "b"], next: "c1"), List("v1", ["c"], index: 2), OpenStream(
            Bookmark("v1", 3), Changes("v2", "+d", "~a"), ": comment\n\n", "event: later\ndata: {}\n\n", Changes("v3", "-b"),
            Bookmark("v3", 3)));
        await using var watch = new WatchedList(gateway.Address);

        var list = await watch.NextAsync<TaskRunList>();
        (watch.Text, list.Version, list.Runs.Count).ShouldBe(("a b c", "v1", 3));
        var bookmark = await watch.NextAsync<TaskRunBookmark>();
        (bookmark.Version, bookmark.Total, bookmark.AsOf).ShouldBe(("v1", 3, new(2026, 11, 29, 9, 0, 0, 123, TimeSpan.Zero)));
        var changes = await watch.NextAsync<TaskRunChanges>();
        (watch.Text, changes.Version, changes.Total).ShouldBe(("a! b c d", "v2", 7));
        changes.Changes.Select(change => (change.Type, change.Id))
            .ShouldBe([(TaskRunChangeType.Created, "d"), (TaskRunChangeType.Updated, "a")]);
        (await watch.NextAsync<TaskRunChanges>()).Changes.ShouldBe([new() { Type = TaskRunChangeType.Deleted, Id = "b" }]);
        (watch.Text, (await watch.NextAsync()).Version).ShouldBe(("a! c d", "v3"));

        gateway.Requests.ShouldBe([Page, Page + "&cursor=c1", "/changes?since=v1"]);
        watch.Failures.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_cut_it_goes_on_from_the_last_whole_message(bool isAborted)
    {
        var half = Changes("v3", "+c")[..^20];
        var cut = isAborted ? CutStream : (Func<string[], RequestDelegate>)Stream;
        await using var gateway = await StartAsync(
            List("v1", ["a"]), cut([Bookmark("v1", retry: "retry: 5000\n"), Changes("v2", "+b"), half]),
            OpenStream(Bookmark("v2"), Changes("v3", "+c")));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();
        (await watch.NextAsync<TaskRunChanges>()).Version.ShouldBe("v2");

        var next = watch.NextAsync<TaskRunChanges>();
        gateway.Go();
        await watch.DelayAsync(5);

        (await next).Version.ShouldBe("v3");
        watch.Text.ShouldBe("a b c");
        gateway.Requests.ShouldBe([Page, "/changes?since=v1", "/changes?since=v1 after v2"]);
        var failure = watch.Failures.ShouldHaveSingleItem().ShouldBeOfType<NclueGatewayException>();
        failure.HttpRequestError.ShouldBe(HttpRequestError.ResponseEnded);
    }

    [Fact]
    public async Task After_each_further_failure_it_waits_twice_as_long_but_not_forever()
    {
        await using var gateway = await StartAsync(
            List("v1", ["a"]), CutStream(Bookmark("v1", retry: "retry: 4000\n")), Other("text/html", "down", 502),
            Refusal(504, "upstream-timeout"), NoResponse, Refusal(500, "internal-error"), Refusal(502, "upstream-error"),
            CutStream(Bookmark("v1")), OpenStream(Bookmark("v2")));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();
        await watch.NextAsync();

        var next = watch.NextAsync();
        gateway.Go();
        foreach (var seconds in (int[])[4, 8, 16, 30, 30, 30])
        {
            await watch.DelayAsync(seconds);
        }

        await next;
        next = watch.NextAsync();
        gateway.Go();
        await watch.DelayAsync(4); // a message came
        (await next).Version.ShouldBe("v2");
        watch.Failures.Count.ShouldBe(7);
    }

    [Fact]
    public async Task A_silent_stream_is_broken_after_45_seconds()
    {
        await using var gateway = await StartAsync(List("v1", ["a"]), OpenStream(Bookmark("v1")), OpenStream(Changes("v2", "+b")));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();
        await watch.NextAsync();

        var next = watch.NextAsync();
        watch.Time.Advance(TimeSpan.FromMilliseconds(44_999));
        gateway.Requests.Count.ShouldBe(2);
        watch.Time.Advance(TimeSpan.FromMilliseconds(1));
        await gateway.Left;
        await watch.DelayAsync(3);

        (await next).Version.ShouldBe("v2");
        watch.Failures.ShouldHaveSingleItem().InnerException.ShouldBeOfType<TimeoutException>();
        gateway.Requests[^1].ShouldBe("/changes?since=v1 after v1");
    }

    [Fact]
    public async Task A_caller_that_is_busy_does_not_make_a_stream_look_silent()
    {
        await using var gateway = await StartAsync(List("v1", ["a"]), OpenStream(Bookmark("v1"), Changes("v2", "+b")));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();
        await watch.NextAsync();

        watch.Time.Advance(TimeSpan.FromHours(1));

        (await watch.NextAsync()).Version.ShouldBe("v2");
        watch.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task After_a_reset_it_reads_the_list_again_at_once()
    {
        await using var gateway = await StartAsync(
            List("v1", ["a", "b"]), PausedStream(Bookmark("v1"), Reset("w1") + Changes("w2", "+x")), List("w2", ["b", "c"]),
            OpenStream(Changes("w3", "-c")));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();
        (await watch.NextAsync()).Version.ShouldBe("v1");

        watch.Time.Advance(TimeSpan.FromSeconds(2)); // since the list was read
        gateway.Go();

        (await watch.NextAsync<TaskRunList>()).Version.ShouldBe("w2");
        watch.Text.ShouldBe("b c");
        (await watch.NextAsync()).Version.ShouldBe("w3");
        watch.Text.ShouldBe("b");
        gateway.Requests.ShouldBe([Page, "/changes?since=v1", Page, "/changes?since=w2"]);
        watch.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_list_that_expires_again_and_again_is_not_read_in_a_tight_loop()
    {
        await using var gateway = await StartAsync(List("v1", ["a"]), Stream(Reset("w1")), List("w1", ["b"]));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();

        var next = watch.NextAsync<TaskRunList>();
        await watch.DelayAsync(3);

        (await next).Version.ShouldBe("w1");
    }

    [Fact]
    public async Task Changes_that_are_gone_or_a_version_that_the_gateway_has_lost_lead_to_the_list()
    {
        const string Errors = ""","errors":{"Last-Event-ID":["Unknown."]}""";
        await using var gateway = await StartAsync(
            Refusal(410, "changes-expired"), List("v5", ["a"]), CutStream(Bookmark("v6")),
            Refusal(400, "invalid-request", more: Errors), List("v5", ["b"]));
        await using var watch = new WatchedList(gateway.Address, since: "v2");

        (await watch.NextAsync<TaskRunList>()).Version.ShouldBe("v5");
        (await watch.NextAsync()).Version.ShouldBe("v6");
        var next = watch.NextAsync<TaskRunList>();
        gateway.Go();
        await watch.DelayAsync(3); // after the cut
        (await next).Version.ShouldBe("v5");
        watch.Text.ShouldBe("b");
        gateway.Requests.ShouldBe(["/changes?since=v2", Page, "/changes?since=v5", "/changes?since=v5 after v6", Page]);
    }

    [Theory]
    [InlineData("time")]
    [InlineData("drain")]
    [InlineData("token")]
    [InlineData("later")]
    public async Task After_a_planned_end_it_opens_the_next_stream_at_once_and_gets_a_token_for_it(string reason)
    {
        await using var gateway = await StartAsync(
            List("v1", ["a"]), PausedStream(Bookmark("v2"), Ending(reason)), OpenStream(Bookmark("v3")));
        await using var watch = new WatchedList(gateway.Address, handler: new Tokens());
        await watch.NextAsync<TaskRunList>();
        (await watch.NextAsync()).Version.ShouldBe("v2");

        watch.Time.Advance(TimeSpan.FromSeconds(2)); // since the stream was opened
        gateway.Go();

        (await watch.NextAsync()).Version.ShouldBe("v3");
        gateway.Requests.ShouldBe([Page + " Bearer 1", "/changes?since=v1 Bearer 2", "/changes?since=v1 after v2 Bearer 3"]);
        watch.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task Streams_that_end_as_soon_as_they_begin_are_not_opened_in_a_tight_loop()
    {
        await using var gateway = await StartAsync(
            List("v1", ["a"]), Stream(Bookmark("v1"), Ending("drain")), Stream(Ending("drain")), Stream(Bookmark("v2")));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();
        await watch.NextAsync();

        var next = watch.NextAsync();
        await watch.DelayAsync(3);
        await watch.DelayAsync(3);
        (await next).Version.ShouldBe("v2");
    }

    [Fact]
    public async Task While_the_gateway_reads_the_list_it_reports_the_progress_and_then_the_list()
    {
        await using var gateway = await StartAsync(
            Refusal(503, "list-incomplete", "20", ""","runs":100,"expectedTotal":250"""), CutStream(Progress(100), Progress(200, "250")),
            Stream(Progress(249, "250"), Reset("v1")), List("v1", ["a"]));
        await using var watch = new WatchedList(gateway.Address);

        (await watch.NextAsync()).ShouldBe(new TaskRunProgress { Runs = 100 });
        (await watch.NextAsync()).ShouldBe(new TaskRunProgress { Runs = 200, ExpectedTotal = 250 });
        var next = watch.NextAsync();
        gateway.Go();
        await watch.DelayAsync(3);
        (await next).ShouldBeOfType<TaskRunProgress>().Runs.ShouldBe(249);
        (await watch.NextAsync<TaskRunList>()).Version.ShouldBe("v1");
        gateway.Requests.ShouldBe([Page, "/changes", "/changes", Page]);
    }

    [Fact]
    public async Task A_list_that_is_complete_when_the_stream_begins_is_read()
    {
        await using var gateway = await StartAsync(Refusal(503, "list-incomplete", "20"), Stream(Bookmark("v1")), List("v1", ["a"]));
        await using var watch = new WatchedList(gateway.Address);

        (await watch.NextAsync()).ShouldBeOfType<TaskRunList>();
    }

    [Fact]
    public async Task It_goes_on_from_a_version_that_the_caller_has()
    {
        await using var gateway = await StartAsync(OpenStream(Bookmark("1-7-0a"), Changes("1-8-0b", "+b")));
        await using var watch = new WatchedList(gateway.Address, since: "1-7-0a");

        await watch.NextAsync();
        (await watch.NextAsync<TaskRunChanges>()).Version.ShouldBe("1-8-0b");
        gateway.Requests.ShouldBe(["/changes?since=1-7-0a"]);
    }

    /// <summary>Sends another token with each request.</summary>
    internal sealed class Tokens() : DelegatingHandler(new SocketsHttpHandler())
    {
        private int _count;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new("Bearer", $"{++_count}");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
