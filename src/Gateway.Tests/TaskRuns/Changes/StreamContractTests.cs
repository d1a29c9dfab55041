using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>The changes as a consumer that knows only the description of the API checks them.</summary>
public sealed class StreamContractTests
{
    private const string Changes = "/api/task-runs/changes";

    private static readonly Dictionary<string, string> Schemas = new()
    {
        ["changes"] = "Changes",
        ["bookmark"] = "Bookmark",
        ["reset"] = "Bookmark",
        ["progress"] = "Progress",
        ["end"] = "StreamEnd",
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_message_is_of_its_schema_and_has_the_id_of_a_version()
    {
        await using var gateway = await StartAsync("b", "a");
        using var client = gateway.CreateFastClient();
        await using var reader = await EventReader.OpenAsync(client);
        await using var lost = await EventReader.OpenAsync(client, "?since=1-1-00000000");
        var messages = new List<SseItem<string>> { await reader.NextAsync("bookmark"), (await lost.NextAsync())!.Value };
        var failed = new ListedRun("한글 \"<id>\"")
        {
            Name = "line\u2028\r\nbreak",
            Status = new("failed", "failed"),
            Failure = new("DISK_SPACE_SHORTAGE", null),
            CreatedAt = ListedRun.At(new(2026, 11, 2, 0, 0, 0, TimeSpan.Zero)),
        };
        await gateway.ChangeListAsync([failed, ChangeHosts.Run("b") with { Name = "new" }]);
        messages.Add(await reader.NextAsync("changes"));
        var stopped = gateway.StopAsync();
        messages.Add(await reader.NextAsync("end"));

        messages.Select(message => message.EventType).ShouldBe(["bookmark", "reset", "changes", "end"]);
        foreach (var message in messages)
        {
            ShouldBeOfItsSchema(message);
            message.EventId!.ShouldMatch("^[0-9]+-[0-9]+-[0-9a-f]{8}$");
        }

        var told = messages[2].Json()["changes"]!.AsArray();
        told.Select(change => (string?)change!["type"]).ShouldBe(["deleted", "created", "updated"]);
        ((string?)told[1]!["id"], (string?)told[1]!["run"]!["name"]).ShouldBe((failed.Id, failed.Name));
        await stopped;
    }

    [Fact]
    public async Task While_the_list_is_not_complete_the_messages_have_no_id()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 400 });
        using var client = gateway.CreateFastClient();
        await using var reader = await EventReader.OpenAsync(client, "?since=1-1-00000000");
        var progress = (await reader.NextAsync())!.Value;
        var stopped = gateway.StopAsync();
        var end = await reader.NextAsync("end");

        foreach (var message in new[] { progress, end })
        {
            ShouldBeOfItsSchema(message);
            message.EventId.ShouldBeNull();
        }

        progress.ReconnectionInterval.ShouldNotBeNull();
        await stopped;
    }

    [Theory]
    [InlineData("text/event-stream", true)]
    [InlineData("TEXT/EVENT-STREAM", true)]
    [InlineData("text/event-stream, */*;q=0.5", true)]
    [InlineData("text/*", true)]
    [InlineData("application/json;q=0.1, text/event-stream;q=0.9", true)]
    [InlineData("application/json;q=0, */*", true)]
    [InlineData("application/json, text/event-stream", false)]
    [InlineData("text/event-stream;q=0.5, application/json;q=0.5", false)]
    [InlineData("text/event-stream;q=0.5, */*", false)]
    [InlineData("application/*, text/event-stream;q=0.9", false)]
    [InlineData("text/event-stream;q=0, */*;q=0.1", false)]
    [InlineData("*/*", false)]
    [InlineData(null, false)]
    public async Task Accept_chooses_by_its_qualities(string? accept, bool isStream)
    {
        await using var gateway = await StartAsync("a");
        using var client = gateway.CreateFastClient();
        using var response = await GetAsync(client, Changes, ("Accept", accept));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe(isStream ? "text/event-stream" : "application/json");
        response.Headers.Vary.ShouldContain("Accept");
        response.Content.Headers.ContentLength.HasValue.ShouldBe(!isStream);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("text/event-stream;q=0, application/json;q=0")]
    [InlineData("*/*;q=0")]
    public async Task Neither_type_is_406(string accept)
    {
        await using var gateway = await StartAsync("a");

        var refused = await gateway.AskAsync(Changes, ("Accept", accept));

        (refused.Status, refused.Problem).ShouldBe((HttpStatusCode.NotAcceptable, "/problems/not-acceptable"));
        refused.Headers["Vary"].Split(", ").ShouldContain("Accept");
    }

    [Fact]
    public async Task All_mistakes_are_named_at_once_and_the_problem_varies_by_Accept()
    {
        await using var gateway = await StartAsync("a");

        var refused = await gateway.AskAsync($"{Changes}?status=failed&waits=3&wait=26&since=x");

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Errors().Keys.ShouldBe(["status", "waits", "wait", "since"], ignoreOrder: true);
        refused.Headers["Vary"].Split(", ").ShouldContain("Accept");
    }

    [Fact]
    public async Task Conditions_and_ranges_do_not_matter_because_there_is_no_ETag()
    {
        await using var gateway = await StartAsync("a");
        var page = await gateway.AskAsync("/api/task-runs?sort=-createdAt");

        foreach (var (name, value) in new[] { ("If-None-Match", "*"), ("If-None-Match", page.Headers["ETag"]), ("Range", "bytes=0-1") })
        {
            var poll = await gateway.AskAsync(Changes, (name, value));
            (poll.Status, poll.Text).ShouldBe((HttpStatusCode.OK, """{"total":1,"complete":true,"changes":[]}"""), name);
        }
    }

    [Fact]
    public async Task A_poll_may_be_compressed_and_a_stream_never_is()
    {
        await using var gateway = await StartAsync([.. Enumerable.Range(0, 60).Select(number => $"run-{number}")]);
        using var client = gateway.CreateFastClient();
        var since = (await gateway.AskAsync(Changes)).Link("next")!;
        await gateway.ChangeListAsync([ChangeHosts.Run("a")]);
        await using var reader = await EventReader.OpenAsync(client, since[Changes.Length..], ("Accept-Encoding", "gzip, br"));
        using var first = await GetAsync(client, since, ("Accept-Encoding", "br"));
        using var poll = await GetAsync(client, since, ("Accept-Encoding", "br")); // a body that is read twice

        reader.Header("Content-Encoding").ShouldBeNull();
        reader.Header("Content-Length").ShouldBeNull();
        (await reader.NextAsync("changes")).Json()["changes"]!.AsArray().Count.ShouldBe(61);
        poll.Content.Headers.ContentEncoding.ShouldBe(["br"]);
    }

    [Fact]
    public async Task Lists_lead_to_their_changes_and_raw_pages_do_not()
    {
        await using var gateway = await StartAsync("b", "a");
        var query = await gateway.AskAsync("/api/task-runs?status=failed");
        var unchanged = await gateway.AskAsync("/api/task-runs?status=failed", ("If-None-Match", query.Headers["ETag"]));
        var page = await gateway.LetDepartUntilAsync(gateway.ReadAsync());

        unchanged.Status.ShouldBe(HttpStatusCode.NotModified);
        unchanged.Link("monitor").ShouldBe(query.Link("monitor"));
        (await gateway.AskAsync(query.Link("monitor")!)).Text.ShouldBe("""{"total":2,"complete":true,"changes":[]}""");
        page.Headers.GetValueOrDefault("Link", "").ShouldNotContain("monitor");
    }

    [Fact]
    public async Task Without_a_token_or_the_permission_there_is_no_stream()
    {
        await using var gateway = await StartAsync("a");
        using var stranger = new HttpClient(new SocketsHttpHandler()) { BaseAddress = gateway.Address };
        await using var unknown = await EventReader.OpenAsync(stranger);
        stranger.DefaultRequestHeaders.Authorization = new("Bearer", gateway.Issuer.Issue(token => token.Claims["scope"] = "openid"));
        await using var forbidden = await EventReader.OpenAsync(stranger);

        unknown.Status.ShouldBe(HttpStatusCode.Unauthorized);
        forbidden.Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    private static void ShouldBeOfItsSchema(SseItem<string> message)
    {
        using var json = JsonDocument.Parse(message.Data);
        var schema = new JsonObject { ["$ref"] = $"#/components/schemas/{Schemas[message.EventType]}" };
        PublishedContract.Invalid(schema, json.RootElement).ShouldBeEmpty(message.Data);
    }

    private static Task<HttpResponseMessage> GetAsync(HttpClient client, string address, (string Name, string? Value) header)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation(header.Name, header.Value is { } value ? [value] : []);
        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
    }

    private static Task<GatewayHost> StartAsync(params string[] ids) =>
        QueryHosts.StartCompleteAsync([.. ids.Select(ChangeHosts.Run)], ("Quota:Streams", "100"));
}
