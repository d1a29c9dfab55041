using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Console;

/// <summary>The page of one run.</summary>
public sealed class ConsoleRunTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.FromHours(9));

    [Fact]
    public async Task It_has_the_fields_of_the_run_in_the_readers_language_with_exact_times_and_their_zone()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([Completed("a", 3_725), Completed("b", 60), Completed("c", 120)]);

        var english = await gateway.OpenAsync("/console/runs/a");
        var korean = await gateway.OpenAsync("/console/runs/a", headers: ("Accept-Language", "ko"));

        english.Text("h1").ShouldBe("name of a");
        english.Text("article .status").ShouldBe("Available");
        english.Field("Task").ShouldBe("Churn");
        english.Field("Feature").ShouldBe("Clicks");
        english.Field("Model").ShouldBe("NFM02deprecated"); // a margin is between them
        english.Field("Created").ShouldBe("1 Nov 2026, 12:00:00 Asia/Seoul");
        english.Field("Completed").ShouldBe("1 Nov 2026, 13:02:05 Asia/Seoul");
        english.Field("Duration").ShouldStartWith("1 h 02 min");
        english.Field("Duration").ShouldEndWith("Completed runs of this task: 3; median 2 min 00 s, p95 1 h 02 min");
        english.Field("Run ID").ShouldStartWith("a");
        english.All("article time").Select(time => time.GetAttribute("datetime"))
            .ShouldBe(["2026-11-01T03:00:00Z", "2026-11-01T04:02:05Z"]);
        english.All(".failure").ShouldBeEmpty();
        korean.Text("article .status").ShouldBe("사용 가능");
        korean.Field("생성").ShouldBe("2026. 11. 1. 12:00:00 Asia/Seoul");
        korean.Field("소요 시간").ShouldStartWith("1시간 02분");
        var ofTask = await gateway.OpenAsync(english.All("dl.fields a").First().GetAttribute("href")!);
        ofTask.Rows.ShouldBe(["a", "b", "c"], ignoreOrder: true);
    }

    [Fact]
    public async Task Its_JSON_is_that_of_the_API()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Runs = 90 });
        foreach (var id in (await gateway.AskAsync("/api/task-runs?sort=name&limit=20")).Ids())
        {
            var page = await gateway.OpenAsync($"/console/runs/{id}");

            var api = await gateway.AskAsync($"/api/task-runs/{id}");
            JsonNode.DeepEquals(JsonNode.Parse(page.One("#json").TextContent), api.Json).ShouldBeTrue(id);
        }
    }

    [Fact]
    public async Task A_run_that_goes_on_is_shown_with_the_time_it_has_taken_so_far()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 1 });
        var since = gateway.Clock.GetUtcNow().AddMinutes(-5);
        gateway.Nclue.Rows = [(Completed("a", 1) with
        {
            Status = new("in_progress", "in_progress"),
            CreatedAt = ListedRun.At(since),
            CompletedAt = default,
        }).Row];
        await gateway.LetDepartUntilAsync(state => state.Roll.Find(["a"]).Count == 1);

        var page = await gateway.OpenAsync("/console/runs/a");

        page.Field("Completed").ShouldBe("–");
        page.Field("Duration").ShouldMatch("^[5-9] min [0-9]{2} s so far.*No other run of this task has been completed.$");
        page.All("svg.span .open").ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("NOT_EXIST_FILE", "Missing file", "The person who prepared the data", "파일 누락")]
    [InlineData("not exist file", "Missing file", "The person who prepared the data", "파일 누락")]
    [InlineData("OBS_UPLOAD_FAILED", "File upload failed", "Anyone who can create runs", "파일 업로드 실패")]
    [InlineData("ERR-77: <b>out</b> of\nluck", "Other failure", "NAVER Cloud support", null)]
    public async Task A_failure_is_explained_with_its_cause_what_to_do_and_who_can_do_it(
        string message, string title, string who, string? korean)
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(
            [Completed("a", 5) with { Status = new("failed", "failed"), Failure = new(message, null) }]);
        var failure = (await gateway.AskAsync("/api/task-runs/a")).Json["failure"]!;

        var page = await gateway.OpenAsync("/console/runs/a");
        var inKorean = await gateway.OpenAsync("/console/runs/a", headers: ("Accept-Language", "ko"));

        page.Text("#failure-title").ShouldBe(title);
        page.Field("Who can do it").ShouldBe(who);
        page.Field("Cause").ShouldNotBeEmpty();
        page.Field("What to do").ShouldNotBeEmpty();
        page.Field("NCLUE's message").ShouldBe(((string)failure["message"]!).Replace("\n", "U+000A"));
        var guide = (string)failure["help"]!; // in Korean, by the default of Nclue:HelpLanguage
        inKorean.Attribute(".failure p a", "href").ShouldBe(guide);
        page.Attribute(".failure p a", "href").ShouldBe(guide.Replace("/docs/", "/docs/en/"));
        page.All(".failure b").ShouldBeEmpty();
        inKorean.Text("#failure-title").ShouldBe(korean ?? inKorean.Text("#failure-title"));
        inKorean.Text("#failure-title").ShouldNotBe(title);
        inKorean.Field("조치 담당").ShouldNotBe(who);
    }

    [Fact]
    public async Task Odd_ids_lead_from_the_board_to_their_run()
    {
        string[] ids =
        [
            "a/b", "a//b/", "50%", "a%2Fb", "100%ab", "%25", "v1.2..3", "...", "run 1", "a+b", "a?b#c", "실행-😀", "\"'<>\\",
            "gateway", "signed-out",
        ];
        await using var gateway = await QueryHosts.StartCompleteAsync([.. ids.Select(id => new ListedRun(id))]);
        var board = await gateway.OpenAsync(ConsoleHosts.Board);
        board.Rows.ShouldBe(ids, ignoreOrder: true);

        foreach (var link in board.All("#rows th a"))
        {
            var page = await gateway.OpenAsync(link.GetAttribute("href")!);

            var id = link.Closest("tr")!.GetAttribute("data-key");
            page.Text("#run-id").ShouldBe(id);
            page.Text("#curl").ShouldEndWith($"/api/task-runs/{Uri.EscapeDataString(id!)}\"");
            page.Attribute("input[name=returnUrl]", "value").ShouldBe(link.GetAttribute("href")); // the choice of a language leads back
        }
    }

    [Theory]
    [InlineData("", "", "http://127.0.0.1:")]
    [InlineData("https://gateway.example.com", "", "https://gateway.example.com/api/")]
    [InlineData("https://gateway.example.com:8443", "/nclue", "https://gateway.example.com:8443/nclue/api/")]
    public async Task The_command_reads_the_run_at_the_public_address(string origin, string pathBase, string address)
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(
            [new("a/b c")], ("Http:PublicOrigin", origin), ("Http:PathBase", pathBase));
        var host = origin.Length > 0 ? new Uri(origin).Authority : gateway.Address.Authority;

        var page = await gateway.OpenAsync($"{pathBase}/console/runs/a%2Fb%20c", headers: ("Host", host));

        page.Text("#curl").ShouldStartWith($"curl -H \"Authorization: Bearer $TOKEN\" \"{address}");
        page.Text("#curl").ShouldEndWith("/api/task-runs/a%2Fb%20c\"");
        page.All("main a[href^='/']").Select(link => link.GetAttribute("href"))
            .ShouldAllBe(link => link!.StartsWith(pathBase + "/console"));
    }

    [Fact]
    public async Task An_unknown_run_is_a_404_as_a_page()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([new("a")]);

        var page = await gateway.LetDepartUntilAsync(gateway.OpenAnyAsync("/console/runs/no-such-run"));

        page.Status.ShouldBe(HttpStatusCode.NotFound);
        page.Text("h1").ShouldBe("There is no such page");
        page.Headers.ShouldContainKey("Age");
    }

    private static ListedRun Completed(string id, int seconds) => new(id)
    {
        Name = $"name of {id}",
        TaskId = "churn",
        TaskName = "Churn",
        FeatureId = "clicks",
        FeatureName = "Clicks",
        Model = new("NFM02", "nfm2"),
        ModelStatus = new("deprecated", "deprecated"),
        CreatedAt = ListedRun.At(Start),
        CompletedAt = ListedRun.At(Start.AddSeconds(seconds)),
    };
}
