using System.Net;
using NclueGateway.Client;
using static NclueGateway.Tests.Clients.PlayedGateway;

namespace NclueGateway.Tests.Clients;

/// <summary>What a watch of the list by the C# client waits for, and what ends it.</summary>
public sealed class CSharpClientWatchListEndTests
{
    [Theory]
    [InlineData(429, "caller-quota")]
    [InlineData(503, "streams-exhausted")]
    [InlineData(503, "list-incomplete")]
    [InlineData(503, "draining")]
    [InlineData(502, "upstream-error")]
    public async Task It_opens_the_stream_after_the_time_of_a_refusal(int status, string slug)
    {
        await using var gateway = await StartAsync(List("v1", ["a"]), Refusal(status, slug, "100"), OpenStream(Bookmark("v2")));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();

        var next = watch.NextAsync();
        (await watch.NextDelayAsync()).ShouldBe(TimeSpan.FromSeconds(100));
        watch.Time.Advance(TimeSpan.FromSeconds(100));

        (await next).Version.ShouldBe("v2");
        ((NclueGatewayException)watch.Failures.ShouldHaveSingleItem()).Problem!.Slug.ShouldBe(slug);
    }

    [Fact]
    public async Task One_401_may_be_of_a_token_that_has_just_expired_but_not_two()
    {
        await using var gateway = await StartAsync(List("v1", ["a"]), Refusal(401, "unauthenticated"), CutStream(Bookmark("v2")),
            Refusal(401, "unauthenticated"), Refusal(401, "unauthenticated"));
        await using var watch = new WatchedList(gateway.Address, handler: new CSharpClientWatchListTests.Tokens());
        await watch.NextAsync<TaskRunList>();

        var next = watch.NextAsync();
        await watch.DelayAsync(3);
        (await next).Version.ShouldBe("v2");
        gateway.Requests[^1].ShouldBe("/changes?since=v1 Bearer 3");

        var end = watch.EndAsync<NclueGatewayException>();
        gateway.Go();
        await watch.DelayAsync(3);
        await watch.DelayAsync(6);
        (await end).Problem!.Slug.ShouldBe(ProblemSlugs.Unauthenticated);
        gateway.Requests.Count.ShouldBe(5);
    }

    [Theory]
    [InlineData("session", 401, "unauthenticated")]
    [InlineData("permission", 403, "forbidden")]
    public async Task The_end_of_the_access_ends_it_with_the_reason(string reason, int status, string slug)
    {
        await using var gateway = await StartAsync(List("v1", ["a"]), Stream(Bookmark("v1"), Ending(reason)), Refusal(status, slug));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();
        await watch.NextAsync();

        var end = watch.EndAsync<NclueGatewayException>();
        await watch.DelayAsync(3);

        (await end).Problem!.Slug.ShouldBe(slug);
        gateway.Requests.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(400, "invalid-request")]
    [InlineData(403, "forbidden")]
    [InlineData(404, "not-found")]
    [InlineData(406, "not-acceptable")]
    [InlineData(501, "list-too-large")]
    public async Task A_permanent_refusal_ends_it(int status, string slug)
    {
        await using var gateway = await StartAsync(List("v1", ["a"]), Refusal(status, slug));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();

        ((int)(await watch.EndAsync<NclueGatewayException>()).StatusCode!).ShouldBe(status);
        watch.Failures.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("text/html", "<html>Sign in</html>", "text/html instead of text/event-stream")]
    [InlineData("application/json", "{}", "application/json instead of text/event-stream")]
    [InlineData("text/event-stream", "event: changes\nid: v2\ndata: {\n\n", "cannot be read")]
    [InlineData("text/event-stream", "event: changes\nid: v2\ndata: {\"total\":1,\"changes\":[null]}\n\n", "cannot be read")]
    [InlineData("text/event-stream", "event: changes\nid: v2\ndata: null\n\n", "cannot be read")]
    [InlineData("text/event-stream", "event: bookmark\nid: v2\ndata: null\n\n", "cannot be read")]
    [InlineData("text/event-stream", "event: progress\ndata: {\"runs\":\"1\"}\n\n", "cannot be read")]
    [InlineData("text/event-stream", "event: end\ndata: []\n\n", "cannot be read")]
    public async Task Content_that_is_not_the_stream_ends_it(string mediaType, string body, string message)
    {
        await using var gateway = await StartAsync(List("v1", ["a"]), Other(mediaType, body));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();

        var failure = await watch.EndAsync<NclueGatewayException>();

        (failure.StatusCode, failure.HttpRequestError).ShouldBe((HttpStatusCode.OK, HttpRequestError.InvalidResponse));
        failure.Message.ShouldContain(message);
        watch.Text.ShouldBe("a");
    }

    [Fact]
    public async Task A_list_without_a_link_to_its_changes_is_of_a_gateway_that_is_too_old()
    {
        await using var gateway = await StartAsync(
            Other("application/json", """{"index":0,"limit":100,"total":0,"complete":true,"runs":[]}"""));
        await using var watch = new WatchedList(gateway.Address);

        (await watch.EndAsync<NclueGatewayException>()).Message.ShouldContain("too old");
    }

    [Fact]
    public async Task It_does_not_begin_with_a_failure()
    {
        await using var gateway = await StartAsync(Refusal(502, "upstream-error", "5"), Refusal(401, "unauthenticated"));
        await using var list = new WatchedList(gateway.Address);
        await using var stream = new WatchedList(gateway.Address, since: "v1");

        (await list.EndAsync<NclueGatewayException>()).Problem!.Slug.ShouldBe("upstream-error");
        (await stream.EndAsync<NclueGatewayException>()).Problem!.Slug.ShouldBe(ProblemSlugs.Unauthenticated);
        list.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task It_begins_later_when_the_first_response_says_when()
    {
        await using var gateway = await StartAsync(Refusal(503, "upstream-quota", "900"), List("v1", ["a"]));
        await using var watch = new WatchedList(gateway.Address);

        var next = watch.NextAsync<TaskRunList>();
        (await watch.NextDelayAsync()).ShouldBe(TimeSpan.FromMinutes(15));
        watch.Time.Advance(TimeSpan.FromMinutes(15));

        (await next).Version.ShouldBe("v1");
        watch.Failures.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_list_that_cannot_be_read_again_is_tried_again()
    {
        await using var gateway = await StartAsync(
            List("v1", ["a"]), Stream(Reset("v9")), Refusal(502, "upstream-error"), List("v9", ["b"], next: "gone"),
            Refusal(410, "cursor-expired"), Refusal(410, "cursor-expired"), List("v9", ["b"]));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();

        var next = watch.NextAsync<TaskRunList>();
        foreach (var seconds in (int[])[3, 6, 12])
        {
            await watch.DelayAsync(seconds);
        }

        (await next).Version.ShouldBe("v9");
    }

    [Fact]
    public async Task A_caller_that_leaves_closes_the_stream_at_once()
    {
        await using var gateway = await StartAsync(List("v1", ["a"]), OpenStream(Bookmark("v1")));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();
        await watch.NextAsync();

        var next = watch.BeginAsync();
        await watch.LeaveAsync();

        await Should.ThrowAsync<OperationCanceledException>(next);
        await gateway.Left;
        watch.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_caller_that_leaves_does_not_wait_for_the_next_attempt()
    {
        await using var gateway = await StartAsync(List("v1", ["a"]), Refusal(503, "draining", "60"));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();

        var next = watch.BeginAsync();
        await watch.NextDelayAsync();
        await watch.LeaveAsync();

        await Should.ThrowAsync<OperationCanceledException>(next);
        gateway.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_caller_that_breaks_off_closes_the_stream()
    {
        await using var gateway = await StartAsync(List("v1", ["a"]), OpenStream(Bookmark("v1")));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();
        await watch.NextAsync();

        await watch.BreakAsync();

        await gateway.Left;
    }

    [Fact]
    public async Task A_kind_of_change_that_is_not_known_still_has_the_run()
    {
        var later = Changes("v2", "+b").Replace("created", "restored");
        await using var gateway = await StartAsync(List("v1", ["a"]), OpenStream(later));
        await using var watch = new WatchedList(gateway.Address);
        await watch.NextAsync<TaskRunList>();

        (await watch.NextAsync<TaskRunChanges>()).Changes.Single().Type.ShouldBe(TaskRunChangeType.Unknown);
        watch.Text.ShouldBe("a b");
    }
}
