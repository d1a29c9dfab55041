using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NclueGateway.Client;
using NclueGateway.Tests.Sandbox;
using NclueGateway.Tests.Upstream;
using static NclueGateway.Tests.Upstream.RawUpstream;

namespace NclueGateway.Tests.Clients;

/// <summary>The C# client in front of servers with responses that the gateway sends rarely or never.</summary>
public sealed class CSharpClientResponseTests
{
    private const string Json = "Content-Type: application/json";

    private readonly TimerWatch _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_is_read_as_the_gateway_describes_it()
    {
        foreach (var (_, _, example) in NclueGateway.TaskRuns.Pages.TaskRunExamples.Pages)
        {
            var described = JsonSerializer.SerializeToNode(example, JsonSerializerOptions.Web)!;
            await using var server = Start(RawUpstream.Http(200, Encoding.UTF8.GetBytes(described.ToJsonString()), Json));

            var page = await Client(server).ListAsync(cancellationToken: Token);

            var text = JsonSerializer.Serialize(page, JsonSerializerOptions.Web);
            JsonNode.DeepEquals(JsonNode.Parse(text), described).ShouldBeTrue(text);
        }
    }

    [Fact]
    public async Task Unknown_properties_and_values_are_accepted()
    {
        await using var server = Start(RawUpstream.Http(200, """
            {"index":0,"limit":20,"cursor":{"a":[1]},"runs":[{"id":"1","status":"archived","task":{},"feature":{"kind":"x"},
            "model":{"status":"retired"},"priority":3}]}
            """u8.ToArray(), Json));

        var page = await Client(server).ListAsync(cancellationToken: Token);

        var run = page.Runs.ShouldHaveSingleItem();
        (run.Status, run.Model!.Status, run.IsUnfinished).ShouldBe((TaskRunStatus.Unknown, ModelStatus.Unknown, false));
        (page.Total, page.ETag, page.CacheStatus, page.IsStale, page.HasNext, page.Age)
            .ShouldBe((null, null, null, false, false, TimeSpan.Zero));
        page.AsOf.ShouldBe(_time.GetUtcNow()); // there is no Date
    }

    [Fact]
    public async Task It_goes_on_until_there_is_no_next_however_few_runs_a_page_holds()
    {
        await using var server = Start(n => Task.FromResult<byte[]?>(n switch
        {
            1 => Page(
                0,
                ["a"],
                "Link: </nclue/api/task-runs?index=0&limit=2>; rel=\"first\", </nclue/api/task-runs?index=2&limit=2&x=1>; rel=\"next\""),
            2 => Page(2, [], "Link: <?index=4&limit=2>; rel=next"),
            _ => Page(4, ["b", "c"]), // full, and still the last
        }));
        var client = new NclueGatewayClient(Network(server, "/nclue"), _time);

        var runs = await client.ListPagesAsync(limit: 2, cancellationToken: Token)
            .SelectMany(page => page.Runs).Select(run => run.Id).ToListAsync(Token);

        runs.ShouldBe(["a", "b", "c"]);
        server.Requests.Select(head => head.Split(' ')[1]).ShouldBe(
            ["/nclue/api/task-runs?index=0&limit=2", "/nclue/api/task-runs?index=2&limit=2&x=1", "/nclue/api/task-runs?index=4&limit=2"]);
    }

    [Theory]
    [InlineData("</a>; rel=\"next\"", true)]
    [InlineData("</a>;REL=Next", true)]
    [InlineData("</a?x=1,2;3>; title=\"a, b; \\\" c\"; rel=\"last next\"", true)]
    [InlineData("</b>; rel=\"prev\" , </a> ; rel = \"next\"", true)]
    [InlineData("</b>; rel=\"prev\"\r\nLink: </a>; rel=\"next\"", true)]
    [InlineData("</a>; rel=\"prev\"", false)]
    [InlineData("</a>; title=\"x; rel=next\"", false)]
    [InlineData("</a?, <b>; rel=next>; rel=\"last\"", false)]
    [InlineData("</a>; rel=\"nextish\"", false)]
    [InlineData("</a>, rel=\"next\"", false)]
    [InlineData("; rel=\"next\"", false)]
    [InlineData("<", false)]
    [InlineData("\"\\", false)]
    public async Task The_next_page_is_told_from_other_links(string link, bool hasNext)
    {
        await using var server = Start(Page(0, [], "Link: " + link));

        (await Client(server).ListAsync(cancellationToken: Token)).HasNext.ShouldBe(hasNext);
    }

    [Theory]
    [InlineData("nclue-gateway; hit; ttl=-5", true)]
    [InlineData("nclue-gateway; fwd=stale; ttl=-80; detail=upstream-error, edge; hit; ttl=5", true)]
    [InlineData("nclue-gateway; hit; ttl=0", false)]
    [InlineData("nclue-gateway; fwd=miss; stored", false)]
    [InlineData("\"an edge; ttl=-1\"; ttl=-3, nclue-gateway; hit; ttl=7", false)]
    [InlineData("nclue-gateway; hit; ttl=x", false)]
    [InlineData("edge; ttl=-1", false)]
    public async Task Only_the_gateway_says_that_its_copy_is_stale(string status, bool isStale)
    {
        await using var server = Start(Page(0, [], "Cache-Status: " + status));

        (await Client(server).ListAsync(cancellationToken: Token)).IsStale.ShouldBe(isStale);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(0, 0)]
    [InlineData(100, 100)]
    [InlineData(100, 40)]
    public async Task A_next_that_does_not_lead_on_ends_with_an_exception(int first, int second)
    {
        await using var server = Start(
            n => Task.FromResult<byte[]?>(Page(n == 1 ? first : second, ["a"], "Link: </api/task-runs>; rel=\"next\"")));

        var failure = await Should.ThrowAsync<NclueGatewayException>(
            Client(server).ListAllAsync(TestContext.Current.CancellationToken).ToListAsync(Token).AsTask());

        failure.Message.ShouldContain($"from row {first} to row {second}");
        server.Requests.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("//elsewhere.example/api/task-runs")]
    [InlineData("http://127.0.0.1:1/api/task-runs")]
    [InlineData("https://127.0.0.1:{port}/api/task-runs")]
    [InlineData("http://[")]
    [InlineData("file:///etc/hostname")]
    public async Task A_next_that_leads_away_is_not_followed(string target)
    {
        Uri? address = null;
        await using var server = Start(_ => Task.FromResult<byte[]?>(
            Page(0, ["a"], $"Link: <{target.Replace("{port}", $"{address!.Port}")}>; rel=\"next\"")));
        address = server.BaseAddress;
        await using var runs = Client(server).ListAllAsync(Token).GetAsyncEnumerator(Token);

        (await runs.MoveNextAsync()).ShouldBeTrue(); // what did come is not lost
        var failure = await Should.ThrowAsync<NclueGatewayException>(runs.MoveNextAsync().AsTask());

        failure.Message.ShouldContain("leads away from the gateway");
        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(429, "7", 7)]
    [InlineData(503, "30", 30)]
    [InlineData(503, "0", 1)] // else it were a loop
    [InlineData(503, "Wed, 01 Jan 2020 00:00:12 GMT", 12)] // by the server's clock
    [InlineData(503, "Wed, 01 Jan 2020 00:00:00 GMT", 1)]
    [InlineData(503, "Tue, 01 Jan 2019 00:00:00 GMT", 1)]
    public async Task It_asks_again_after_retry_after(int status, string retryAfter, int seconds)
    {
        await using var server = Start(n => Task.FromResult<byte[]?>(n == 1
            ? RawUpstream.Http(status, [], "Date: Wed, 01 Jan 2020 00:00:00 GMT", "Retry-After: " + retryAfter)
            : Page(0, ["a"])));

        var read = Client(server).ListAsync(cancellationToken: Token);
        (await _time.NextWaitAsync()).ShouldBe(TimeSpan.FromSeconds(seconds));
        server.Requests.Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(seconds));

        (await read).Runs.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(503, "Retry-After: 31", 31)] // too long
    [InlineData(503, "Retry-After: 2000000000", 86_400)]
    [InlineData(503, "Retry-After: soon", null)]
    [InlineData(503, "X: 1", null)]
    [InlineData(429, "X: 1", null)]
    [InlineData(500, "Retry-After: 2", 2)]
    [InlineData(502, "Retry-After: 2", 2)]
    [InlineData(504, "Retry-After: 2", 2)]
    [InlineData(401, "Retry-After: 2", 2)]
    public async Task It_does_not_ask_again_otherwise(int status, string header, int? seconds)
    {
        await using var server = Start(RawUpstream.Http(status, [], header));

        (await FailureAsync(server)).RetryAfter.ShouldBe(seconds is null ? null : TimeSpan.FromSeconds(seconds.Value));
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task It_waits_no_longer_in_all_than_it_may()
    {
        await using var server = Start(RawUpstream.Http(503, [], "Retry-After: 12"));

        var read = Client(server).ListAsync(cancellationToken: Token);
        for (var waits = 0; waits < 2; waits++)
        {
            _time.Advance(await _time.NextWaitAsync());
        }

        (await Should.ThrowAsync<NclueGatewayException>(read)).RetryAfter.ShouldBe(TimeSpan.FromSeconds(12));
        server.Requests.Count.ShouldBe(3);
    }

    [Fact(Timeout = 30_000)]
    public async Task It_never_waits_when_it_may_not()
    {
        await using var server = Start(RawUpstream.Http(503, [], "Retry-After: 0"));
        var client = new NclueGatewayClient(Network(server), _time) { MaxRetryWait = TimeSpan.Zero };

        await Should.ThrowAsync<NclueGatewayException>(client.ListAsync(cancellationToken: TestContext.Current.CancellationToken));
        server.Requests.Count.ShouldBe(1);
        Should.Throw<ArgumentOutOfRangeException>(
            () => new NclueGatewayClient(Network(server)) { MaxRetryWait = TimeSpan.FromSeconds(-1) });
    }

    [Fact]
    public async Task A_caller_who_leaves_does_not_wait_to_ask_again()
    {
        await using var server = Start(RawUpstream.Http(503, [], "Retry-After: 12"));
        using var leaving = new CancellationTokenSource();

        var read = Client(server).ListAsync(cancellationToken: leaving.Token);
        await _time.NextWaitAsync();
        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(read);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Values_missing_in_a_304_stay()
    {
        await using var server = Start(n => Task.FromResult<byte[]?>(n == 1
            ? Page(0, ["a"], "ETag: \"x\"", "Link: </b>; rel=\"next\"")
            : "HTTP/1.1 304 X\r\nAge: 3\r\n\r\n"u8.ToArray()));
        var client = Client(server);

        var page = await client.ListAsync(cancellationToken: Token);
        var again = await client.RefreshAsync(await client.RefreshAsync(page, Token), Token);

        again.ShouldBe(page with { Age = TimeSpan.FromSeconds(3), AsOf = page.AsOf.AddSeconds(-3) });
        server.Requests.Count(head => head.Contains("If-None-Match: \"x\"")).ShouldBe(2);
    }

    internal static byte[] Page(int index, string[] ids, params string[] headers) => RawUpstream.Http(
        200,
        Encoding.UTF8.GetBytes($$"""{"index":{{index}},"limit":2,"total":null,"runs":[{{string.Join(',', ids.Select(id => Run(id)))}}]}"""),
        [Json, .. headers]);

    internal static string Run(string id, string status = "completed") =>
        $$$"""{"id":"{{{id}}}","status":"{{{status}}}","task":{},"feature":{}}""";

    internal static HttpClient Network(RawUpstream server, string path = "/") =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(server.BaseAddress, path) };

    private NclueGatewayClient Client(RawUpstream server) => new(Network(server), _time);

    private Task<NclueGatewayException> FailureAsync(RawUpstream server) =>
        Should.ThrowAsync<NclueGatewayException>(Client(server).ListAsync(cancellationToken: Token));
}
