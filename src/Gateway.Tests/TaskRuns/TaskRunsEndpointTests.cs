using System.Net;
using System.Net.Http.Headers;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.TaskRuns;

public sealed class TaskRunsEndpointTests
{
    [Fact]
    public async Task A_caller_gets_the_runs_it_asks_for()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250 });

        var page = await gateway.ReadAsync(index: 40, limit: 5);

        page.Status.ShouldBe(HttpStatusCode.OK, page.Text);
        page.Runs.ShouldBe([40, 41, 42, 43, 44]);
        page.Total.ShouldBe(250);
        page.Text.ShouldStartWith("""{"index":40,"limit":5,"total":250,"runs":[{"id":""");
        page.Headers["Content-Type"].ShouldBe("application/json");
        page.Headers["Content-Length"].ShouldBe(System.Text.Encoding.UTF8.GetByteCount(page.Text).ToString());
        page.CacheStatus.ShouldBe("nclue-gateway; fwd=miss; stored");
        page.Age.ShouldBe(0);
        page.Headers["Cache-Control"].ShouldBe("no-cache, private"); // as the client's parser writes it
        page.Headers["Vary"].ShouldBe("Authorization, Cookie, Origin, Accept-Encoding");
        page.Headers["ETag"].ShouldMatch("^\"[0-9a-f]{32}\"$");
        page.Headers.ShouldNotContainKey("Server");
    }

    [Fact]
    public async Task Without_parameters_the_first_twenty_runs_come()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var page = await PageResponse.ReadAsync(await gateway.Client.GetAsync("/api/task-runs", TestContext.Current.CancellationToken));

        page.Runs.ShouldBe(Enumerable.Range(0, 20));
    }

    [Fact]
    public async Task Pages_of_every_size_at_every_index_come_from_the_same_few_blocks()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 230 });
        await gateway.CrawlAsync(limit: 100);
        var random = new Random(7);

        for (var n = 0; n < 200; n++)
        {
            var (index, limit) = (random.Next(260), 1 + random.Next(100));
            var page = await gateway.ReadAsync(index, limit);
            page.Runs.ShouldBe(Enumerable.Range(0, 230).Skip(index).Take(limit), $"index {index}, limit {limit}");
        }

        gateway.Nclue.Arrivals.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(0, 20, "first=0 next=20 last=80")]
    [InlineData(20, 20, "first=0 prev=0 next=40 last=80")]
    [InlineData(5, 20, "first=0 prev=0 next=25 last=80")]
    [InlineData(80, 20, "first=0 prev=60 last=80")]
    [InlineData(500, 20, "first=0 prev=80 last=80")]
    [InlineData(0, 100, "first=0 last=0")]
    public async Task Links_lead_through_the_list(int index, int limit, string links)
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 90 });

        var page = await gateway.ReadAsync(index, limit);

        page.Headers["Link"].ShouldBe(string.Join(", ", links.Split(' ').Select(link => link.Split('=') switch
        {
            var parts => $"</api/task-runs?index={parts[1]}&limit={limit}>; rel=\"{parts[0]}\"",
        })));
    }

    [Fact]
    public async Task Links_are_not_built_from_the_host_that_a_caller_names()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Client.DefaultRequestHeaders.Host = "evil.example";

        (await gateway.ReadAsync()).Headers["Link"].ShouldNotContain("evil");
    }

    [Fact]
    public async Task The_same_content_has_the_same_tag_after_a_refetch_and_costs_no_body()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var first = await gateway.ReadAsync();
        gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        var again = await gateway.ReadAsync();

        gateway.Client.DefaultRequestHeaders.TryAddWithoutValidation("If-None-Match", $"\"other\", W/{first.Headers["ETag"]}");
        var unchanged = await gateway.ReadAsync();

        again.Age.ShouldBe(0);
        again.Headers["ETag"].ShouldBe(first.Headers["ETag"]);
        unchanged.Status.ShouldBe(HttpStatusCode.NotModified);
        unchanged.Text.ShouldBeEmpty();
        foreach (var header in new[] { "ETag", "Cache-Control", "Vary", "Link", "Age" })
        {
            unchanged.Headers[header].ShouldBe(again.Headers[header], header);
        }
    }

    [Theory]
    [InlineData("W/")]
    [InlineData("\"x\", W/")]
    [InlineData("\"")]
    [InlineData(",,")]
    public async Task A_condition_that_cannot_be_read_is_no_condition(string ifNoneMatch)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Client.DefaultRequestHeaders.TryAddWithoutValidation("If-None-Match", ifNoneMatch);

        (await gateway.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Other_content_has_another_tag()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 50 });
        var tags = new[]
        {
            await gateway.ReadAsync(),
            await gateway.ReadAsync(index: 1),
            await gateway.ReadAsync(limit: 21),
            await gateway.ReadAsync(index: 60),
        };
        gateway.Nclue.Runs.Count = 51;
        gateway.Clock.Advance(TimeSpan.FromMinutes(2));

        // The same twenty runs, but one more in the list.
        var grown = await gateway.LetDepartUntilAsync(gateway.ReadUntilAsync(page => page.Total == 51));

        tags.Append(grown).Select(page => page.Headers["ETag"]).Distinct().Count().ShouldBe(5);
        gateway.Client.DefaultRequestHeaders.TryAddWithoutValidation("If-None-Match", tags[0].Headers["ETag"]);
        (await gateway.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task HEAD_sends_what_GET_would_without_the_body()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();
        var get = await gateway.ReadAsync();

        using var request = new HttpRequestMessage(HttpMethod.Head, "/api/task-runs?index=0&limit=20");
        var head = await PageResponse.ReadAsync(await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken));

        head.Status.ShouldBe(HttpStatusCode.OK);
        head.Text.ShouldBeEmpty();
        ButForTheMoment(head).ShouldBe(ButForTheMoment(get), ignoreOrder: true);

        static IEnumerable<KeyValuePair<string, string>> ButForTheMoment(PageResponse response) =>
            response.Headers.Where(header => header.Key is not ("Date" or "RateLimit"));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=%2B5", "limit")]
    [InlineData("limit=5.0", "limit")]
    [InlineData("limit=0x5", "limit")]
    [InlineData("limit=%EF%BC%95", "limit")] // a full-width 5
    [InlineData("limit=5&limit=5", "limit")]
    [InlineData("limit=99999999999999999999", "limit")]
    [InlineData("index=10000001", "index")]
    [InlineData("index=1e3", "index")]
    [InlineData("index=%200", "index")]
    [InlineData("index=-0", "index")]
    [InlineData("Index=0", "Index")]
    [InlineData("state=failed", "state")]
    [InlineData("access_token=abc", "access_token")]
    [InlineData("index=x&limit=y&z=1", "index limit z")]
    public async Task A_parameter_that_is_wrong_is_named(string query, string names)
    {
        await using var gateway = await GatewayHost.StartAsync();

        var response = await PageResponse.ReadAsync(
            await gateway.Client.GetAsync($"/api/task-runs?{query}", TestContext.Current.CancellationToken));

        response.Status.ShouldBe(HttpStatusCode.BadRequest);
        response.Problem.ShouldBe("/problems/invalid-request");
        response.Json["errors"]!.AsObject().Select(error => error.Key).ShouldBe(names.Split(' '));
        gateway.Nclue.Arrivals.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("index=007&limit=0050")]
    [InlineData("limit=%31")]
    [InlineData("index=10000000")]
    [InlineData("")]
    public async Task A_parameter_that_is_right_is_accepted(string query)
    {
        await using var gateway = await GatewayHost.StartAsync();

        (await gateway.Client.GetAsync($"/api/task-runs?{query}", TestContext.Current.CancellationToken))
            .StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("application/json", 200)]
    [InlineData("application/*;q=0.1", 200)]
    [InlineData("text/html, */*;q=0.8", 200)]
    [InlineData("application/json;charset=utf-8", 200)]
    [InlineData("text/html", 406)]
    [InlineData("application/json;q=0, */*", 406)]
    [InlineData("application/xml", 406)]
    [InlineData("not a media type", 200)]
    public async Task Only_json_is_on_offer(string accept, int status)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Client.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);

        ((int)(await gateway.ReadAsync()).Status).ShouldBe(status);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    [InlineData("PUT")]
    [InlineData("OPTIONS")]
    public async Task Nothing_but_reading_is_allowed(string method)
    {
        await using var gateway = await GatewayHost.StartAsync();

        using var request = new HttpRequestMessage(new HttpMethod(method), "/api/task-runs");
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var problem = await PageResponse.ReadAsync(response);

        problem.Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
        problem.Problem.ShouldBe("/problems/method-not-allowed");
        problem.Headers["Allow"].ShouldBe("GET, HEAD");
        gateway.Nclue.Arrivals.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nobody_reads_without_signing_in()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();

        var anonymous = await GatewayHost.ReadAsync(gateway.CreateAnonymousClient());
        using var outsider = gateway.CreateAnonymousClient();
        outsider.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", gateway.Issuer.Issue(token => token.Claims["scope"] = "openid task-runs:readwrite"));
        var forbidden = await GatewayHost.ReadAsync(outsider);

        anonymous.Status.ShouldBe(HttpStatusCode.Unauthorized);
        anonymous.Problem.ShouldBe("/problems/unauthenticated");
        anonymous.Headers["WWW-Authenticate"].ShouldBe("Bearer");
        forbidden.Status.ShouldBe(HttpStatusCode.Forbidden);
        forbidden.Problem.ShouldBe("/problems/forbidden");
    }

    [Fact]
    public async Task The_upstreams_own_example_is_converted_as_the_contract_shows()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new()
        {
            Body = """
                {"index":0,"limit":20,"total":3,"runs":[{"run_id":"ef667a87-****-****-****-88fb69a9aff7","run_name":"YOUR_RUN_NAME",
                "task_id":"3179664c-****-****-****-af6354344018","task_name":"YOUR_TASK_NAME",
                "feature_id":"28bd06bb-****-****-****-9f2d6a9c3313",
                "feature_name":"YOUR_FEATURE_NAME","status":"completed","created_at":"2024-11-22T08:54:46",
                "completed_at":"2024-11-22T08:55:22",
                "result_bucket":"YOUR_BUCKET_NAME","result_file_path":"path/filename",
                "nclue_model_name":"NFM2","nclue_model_status":"active",
                "line_count":93734,"fail_message":null}]}
                """,
        };

        var page = await gateway.ReadAsync();

        page.Text.ShouldBe(string.Concat(
            """{"index":0,"limit":20,"total":1,"runs":[""",
            """{"id":"ef667a87-****-****-****-88fb69a9aff7","name":"YOUR_RUN_NAME","status":"completed",""",
            "\"task\":{\"id\":\"3179664c-****-****-****-af6354344018\",\"name\":\"YOUR_TASK_NAME\"},",
            "\"feature\":{\"id\":\"28bd06bb-****-****-****-9f2d6a9c3313\",\"name\":\"YOUR_FEATURE_NAME\",\"lineCount\":93734},",
            "\"model\":{\"name\":\"NFM2\",\"status\":\"active\"},",
            "\"createdAt\":\"2024-11-22T08:54:46+09:00\",\"completedAt\":\"2024-11-22T08:55:22+09:00\",\"durationSeconds\":36,",
            "\"result\":{\"bucket\":\"YOUR_BUCKET_NAME\",\"path\":\"path/filename\"},\"failure\":null}]}"));
    }
}
