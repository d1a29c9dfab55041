using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NclueGateway.Client;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.Tests.Sandbox;
using NclueGateway.Tests.Upstream;
using static NclueGateway.Tests.Clients.CSharpClientResponseTests;
using static NclueGateway.Tests.Upstream.RawUpstream;

namespace NclueGateway.Tests.Clients;

/// <summary>Queries by the C# client in front of servers with responses that the gateway sends rarely or never.</summary>
public sealed class CSharpClientQueryResponseTests
{
    private const string Json = "Content-Type: application/json";
    private const string Empty = """{"index":0,"limit":2,"total":0,"complete":true,"runs":[]}""";

    private static readonly TaskRunQuery Everything = new();
    private static readonly string Summary = SummaryJson().ToJsonString();

    private readonly TimerWatch _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_query_is_sent_with_each_value_encoded()
    {
        await using var server = Start(RawUpstream.Http(200, Encoding.UTF8.GetBytes(Empty), Json));
        var client = new NclueGatewayClient(Network(server, "/nclue"), _time);

        await client.ListAsync(Everything, Token);
        await client.ListPagesAsync(Everything, Token).ToListAsync(Token);
        await client.ListAsync(
            new TaskRunQuery
            {
                Statuses = [TaskRunStatus.InProgress, TaskRunStatus.Unknown],
                TaskIds = ["a&b=c", "d#e"],
                FeatureIds = ["f+g h"],
                Models = ["NFM02"],
                ModelStatuses = [ModelStatus.Deprecated],
                FailureCodes = ["X/Y%"],
                CreatedAfter = new(2026, 11, 28, 9, 0, 0, TimeSpan.FromHours(9)),
                CreatedBefore = new DateTimeOffset(2026, 11, 28, 9, 0, 0, TimeSpan.FromHours(-3.5)).AddTicks(7),
                CompletedAfter = DateTimeOffset.MinValue,
                CompletedBefore = DateTimeOffset.MaxValue,
                Search = "\u1112\u1161\u11ab \ud55c", // decomposed and composed
                Sort = TaskRunSort.Name,
                Limit = 7,
                Index = 3,
                Partial = true,
            },
            Token);

        server.Requests.Select(head => head.Split(' ')[1]).ShouldBe(
        [
            "/nclue/api/task-runs?sort=-createdAt&limit=20",
            "/nclue/api/task-runs?sort=-createdAt&limit=100",
            "/nclue/api/task-runs?status=in_progress&status=unknown&taskId=a%26b%3Dc&taskId=d%23e&featureId=f%2Bg%20h&model=NFM02"
            + "&modelStatus=deprecated&failureCode=X%2FY%25&createdAfter=2026-11-28T09%3A00%3A00.0000000%2B09%3A00"
            + "&createdBefore=2026-11-28T09%3A00%3A00.0000007-03%3A30&completedAfter=0001-01-01T00%3A00%3A00.0000000%2B00%3A00"
            + "&completedBefore=9999-12-31T23%3A59%3A59.9999999%2B00%3A00&q=%E1%84%92%E1%85%A1%E1%86%AB%20%ED%95%9C&partial=true"
            + "&sort=name&limit=7&index=3",
        ]);
    }

    [Fact]
    public async Task An_id_is_one_segment_of_the_path()
    {
        await using var server = Start(RawUpstream.Http(200, Encoding.UTF8.GetBytes(Run("a"))));
        await using var found = Start(RawUpstream.Http(200, Encoding.UTF8.GetBytes(Run("a")), Json));
        var client = Client(found);

        foreach (var id in new[] { "plain-1", "a/../b", "a?b#c%20", "\ud55c +", "..." })
        {
            (await client.GetAsync(id, Token))!.Run.Id.ShouldBe("a");
        }

        found.Requests.Select(head => head.Split(' ')[1]).ShouldBe(
        [
            "/api/task-runs/plain-1", "/api/task-runs/a%2F..%2Fb", "/api/task-runs/a%3Fb%23c%2520", "/api/task-runs/%ED%95%9C%20%2B",
            "/api/task-runs/...",
        ]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public async Task An_id_that_leads_to_another_path_is_not_sent(string id)
    {
        await using var server = Start("");

        await Should.ThrowAsync<ArgumentException>(Client(server).GetAsync(id, Token));

        server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Age: 3", "application/problem+json", "/problems/not-found", true)]
    [InlineData("X: 1", "application/problem+json", "/problems/not-found", false)] // of another path
    [InlineData("Age: 3", "application/problem+json", "/problems/other", false)]
    [InlineData("Age: 3", "text/html", "/problems/not-found", false)]
    public async Task Only_the_gateway_says_that_there_is_no_such_run(string age, string mediaType, string type, bool isAbsent)
    {
        var problem = $$"""{"type":"{{type}}","title":"T","status":404,"traceId":"t"}""";
        await using var server = Start(RawUpstream.Http(404, Encoding.UTF8.GetBytes(problem), "Content-Type: " + mediaType, age));

        var read = Client(server).GetAsync("a", Token);

        if (isAbsent)
        {
            (await read).ShouldBeNull();
        }
        else
        {
            (await Should.ThrowAsync<NclueGatewayException>(read)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task Counts_are_read_as_the_gateway_describes_them()
    {
        await using var server = Start(RawUpstream.Http(200, Encoding.UTF8.GetBytes(Summary), Json));

        var counts = await Client(server).SummarizeAsync(per: SummaryUnit.Day, cancellationToken: Token);

        var text = JsonSerializer.Serialize(counts, JsonSerializerOptions.Web);
        JsonNode.DeepEquals(JsonNode.Parse(text), SummaryJson()).ShouldBeTrue(text);
        server.Requests.ShouldHaveSingleItem().ShouldStartWith("GET /api/task-runs/summary?per=day HTTP");
    }

    [Theory]
    [InlineData("byTask", "[null]")]
    [InlineData("byFailureCode", "[null]")]
    [InlineData("created", "[null]")]
    [InlineData("byModel", "null")]
    [InlineData("byStatus", "{}")]
    [InlineData("total", "\"many\"")]
    [InlineData("complete", "null")]
    public async Task Counts_that_cannot_be_read_are_not_zero(string name, string value)
    {
        var json = SummaryJson();
        json[name] = JsonNode.Parse(value);
        await using var server = Start(RawUpstream.Http(200, Encoding.UTF8.GetBytes(json.ToJsonString()), Json));

        var failure = await Should.ThrowAsync<NclueGatewayException>(Client(server).SummarizeAsync(cancellationToken: Token));

        failure.HttpRequestError.ShouldBe(HttpRequestError.InvalidResponse);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"total":0,"complete":true}""")] // counts
    [InlineData(Empty)]
    public async Task Other_content_is_no_run(string body)
    {
        await using var server = Start(RawUpstream.Http(200, Encoding.UTF8.GetBytes(body), Json));

        (await Should.ThrowAsync<NclueGatewayException>(Client(server).GetAsync("a", Token)))
            .HttpRequestError.ShouldBe(HttpRequestError.InvalidResponse);
    }

    [Fact]
    public async Task A_gateway_without_queries_is_not_taken_to_have_run_one()
    {
        await using var server = Start(Page(0, ["a"])); // it ignores the parameters

        var failure = await Should.ThrowAsync<NclueGatewayException>(Client(server).ListAsync(Everything, Token));

        failure.HttpRequestError.ShouldBe(HttpRequestError.InvalidResponse);
        failure.Message.ShouldContain("the gateway is too old for queries");
    }

    [Theory]
    [InlineData("next")]
    [InlineData("prev")]
    public async Task A_link_that_leads_away_is_not_followed(string relation)
    {
        await using var server = Start(RawUpstream.Http(
            200, Encoding.UTF8.GetBytes(Empty), Json, $"Link: <//elsewhere.example/api/task-runs>; rel=\"{relation}\""));
        var client = Client(server);
        var page = await client.ListAsync(Everything, Token);

        var failure = await Should.ThrowAsync<NclueGatewayException>(
            relation == "next" ? client.NextAsync(page, Token) : client.PreviousAsync(page, Token));

        failure.Message.ShouldContain("leads away from the gateway");
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_page_of_a_query_is_only_read_again_at_its_gateway()
    {
        await using var server = Start(Result(0, "a"));
        await using var other = Start(Result(0, "a"));
        var page = await Client(server).ListAsync(Everything, Token);
        var withoutAddress = JsonSerializer.Deserialize<TaskRunPage>(
            JsonSerializer.Serialize(page, JsonSerializerOptions.Web), JsonSerializerOptions.Web)!;

        await Should.ThrowAsync<ArgumentException>(async () => await Client(other).RefreshAsync(page, Token));
        await Should.ThrowAsync<ArgumentException>(async () => await Client(other).NextAsync(page, Token));
        await Should.ThrowAsync<ArgumentException>(async () => await Client(server).RefreshAsync(withoutAddress, Token));

        other.Requests.ShouldBeEmpty();
    }

    private static JsonObject SummaryJson() =>
        JsonSerializer.SerializeToNode(NclueGateway.TaskRuns.Queries.SummaryExample.Value, TaskRunWriter.Options)!.AsObject();

    /// <summary>A page of a result that has a next page.</summary>
    internal static byte[] Result(int index, string id) => RawUpstream.Http(
        200,
        Encoding.UTF8.GetBytes($$"""{"index":{{index}},"limit":2,"total":9,"complete":true,"runs":[{{Run(id)}}]}"""),
        Json,
        $"Link: </api/task-runs?sort=-createdAt&limit=2&cursor={index}>; rel=\"next\"");

    private NclueGatewayClient Client(RawUpstream server) => new(Network(server), _time);
}
