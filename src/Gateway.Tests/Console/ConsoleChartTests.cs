using System.Globalization;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.TaskRuns.Queries;
using static NclueGateway.Tests.Console.ConsoleHosts;

namespace NclueGateway.Tests.Console;

/// <summary>The charts of the board: activity, durations and failures.</summary>
public sealed class ConsoleChartTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.FromHours(9));

    [Fact]
    public async Task Days_are_bars_also_empty_ones_and_each_leads_to_its_runs()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(
        [
            Run("a", 0.5), Run("b", 23.5, "failed"), Run("c", 12, "pending"), Run("d", 71.9), Run("e", -0.1), Run("f", 96),
        ]);

        var board = await gateway.OpenAsync($"{Board}?from=2026-11-01&to=2026-11-04&sort=name");

        board.Text(".activity h2").ShouldBe("Runs created per day");
        Bars(board).ShouldBe(
        [
            "1 Nov 2026: 1 available, 1 failed, 1 other", "2 Nov 2026: 0 available, 0 failed, 0 other",
            "3 Nov 2026: 1 available, 0 failed, 0 other", "4 Nov 2026: 0 available, 0 failed, 0 other",
        ]);
        board.Texts(".activity tbody tr").ShouldBe(["1 Nov 2026 1 1 1", "2 Nov 2026 0 0 0", "3 Nov 2026 1 0 0", "4 Nov 2026 0 0 0"]);
        board.Text(".activity desc").ShouldStartWith("4 runs, 1 of them failed; at most 3 per bar.");
        var link = board.All(".activity svg a").First().GetAttribute("href")!;
        link.ShouldBe("/console?sort=name&from=2026-11-01&to=2026-11-01");
        (await gateway.OpenAsync(link)).Rows.ShouldBe(["a", "b", "c"]);
    }

    [Theory]
    [InlineData("Asia/Seoul", "2026-11-01", "2026-11-02", 48)]
    [InlineData("Asia/Seoul", "2026-11-01", "2026-11-01", 24)]
    [InlineData("America/New_York", "2026-11-01", "2026-11-01", 25)]
    [InlineData("America/New_York", "2026-03-08", "2026-03-08", 23)]
    public async Task Up_to_two_days_are_hours(string zone, string from, string to, int hours)
    {
        var noon = TimeZoneInfo.ConvertTimeToUtc(
            DateTime.Parse(from, CultureInfo.InvariantCulture).AddHours(12), TimeZoneInfo.FindSystemTimeZoneById(zone));
        await using var gateway = await QueryHosts.StartCompleteAsync(
            [new("a") { CreatedAt = new($"{noon:yyyy-MM-ddTHH:mm:ss}Z", new DateTimeOffset(noon)) }], ("Nclue:TimeZone", zone));

        var board = await gateway.OpenAsync($"{Board}?from={from}&to={to}");

        board.Text(".activity h2").ShouldBe("Runs created per hour");
        var bars = Bars(board);
        bars.Length.ShouldBe(hours);
        bars.Where(bar => bar.Contains("1 available")).ShouldHaveSingleItem().ShouldContain(", 12:00: ");
    }

    [Fact]
    public async Task Without_a_range_the_last_30_days_are_shown_until_today_and_never_more_than_92()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Runs = 90 });
        var today = DateOnly.FromDateTime(gateway.Clock.GetUtcNow().ToOffset(TimeSpan.FromHours(9)).Date);

        var bars = Bars(await gateway.OpenAsync(Board));

        bars.Length.ShouldBe(30);
        bars[^1].ShouldStartWith(Day(today));
        bars[0].ShouldStartWith(Day(today.AddDays(-29)));
        Bars(await gateway.OpenAsync($"{Board}?from={today.AddYears(-2):yyyy-MM-dd}")).Length.ShouldBe(92);
        Bars(await gateway.OpenAsync($"{Board}?to={today.AddDays(5):yyyy-MM-dd}"))[^1].ShouldStartWith(Day(today)); // no bars of the future
        (await gateway.OpenAsync($"{Board}?from={today.AddDays(1):yyyy-MM-dd}")).All(".activity").ShouldBeEmpty();

        static string Day(DateOnly day) => day.ToString("d MMM yyyy", CultureInfo.InvariantCulture) + ": ";
    }

    [Fact]
    public async Task Durations_are_the_percentiles_of_each_task_as_the_API_has_them()
    {
        var seconds = Enumerable.Range(1, 40).Select(n => n * 7L).ToArray();
        ListedRun[] runs =
        [
            .. seconds.Select(n => Timed($"churn-{n}", "churn", n)), Timed("long", "ltv", 90_061), Timed("short", "ltv", 30),
            Timed("none", null, 60), Run("failed", 1, "failed") with { TaskId = "ltv", TaskName = "LTV" },
        ];
        await using var gateway = await QueryHosts.StartCompleteAsync(runs);

        var board = await gateway.OpenAsync($"{Board}?from=2026-11-01&to=2026-11-10");

        var rows = Rows(board, "durations-title");
        rows.Select(row => row[..4]).ShouldBe(
        [
            ["CHURN", "40", "2 min 20 s", "4 min 26 s"], ["LTV", "2", "30 s", "1 d 1 h"], ["", "1", "1 min 00 s", "1 min 00 s"],
        ]);
        var api = (await gateway.AskAsync("/api/task-runs/summary?taskId=churn")).Json["durationSeconds"]!;
        ((int)api["p50"]!, (int)api["p95"]!).ShouldBe((140, 266));
        board.All("#panels figure:first-child th a").Select(link => link.GetAttribute("href")).ShouldBe(
        [
            "/console?from=2026-11-01&to=2026-11-10&taskId=churn", "/console?from=2026-11-01&to=2026-11-10&taskId=ltv",
        ]);
        Rows(await gateway.OpenAsync($"{Board}?taskId=ltv"), "durations-title").Length.ShouldBe(1);
    }

    [Fact]
    public async Task Failures_are_counted_by_documented_code_and_lead_to_their_runs()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(
        [
            Failed("a", "NOT_EXIST_FILE"), Failed("b", "NOT EXIST FILE"), Failed("c", "OBS_UPLOAD_FAILED"), Failed("d", "something else"),
            Run("e", 1),
        ]);

        var board = await gateway.OpenAsync(Board);

        Rows(board, "failures-title").Select(row => row[..2])
            .ShouldBe([["Missing file NOT_EXIST_FILE", "2"], ["File upload failed OBS_UPLOAD_FAILED", "1"]]);
        var link = board.All("th a.filter").Single(link => PlainHtml.TextOf(link) == "Missing file").GetAttribute("href")!;
        (await gateway.OpenAsync(link)).Rows.ShouldBe(["a", "b"], ignoreOrder: true);
        (await gateway.OpenAsync(Board, headers: ("Accept-Language", "ko"))).MainText.ShouldContain("파일 누락");
        (await gateway.OpenAsync($"{Board}?taskId=none")).All("#failures-title").ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_chart_has_a_title_and_a_table_with_the_same_numbers()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([Failed("a", "NOT_EXIST_FILE"), Timed("b", "churn", 30)]);

        var board = await gateway.OpenAsync($"{Board}?from=2026-11-01&to=2026-11-30");

        var charts = board.All("main figure svg").ToList();
        charts.Count.ShouldBe(3);
        charts.ShouldAllBe(chart => chart.QuerySelector("title") != null);
        charts.ShouldAllBe(chart => chart.HasAttribute("aria-label") || chart.HasAttribute("aria-labelledby"));
        board.All("figure").ShouldAllBe(figure => figure.QuerySelector("table") != null && figure.QuerySelector("figcaption h2") != null);
        board.All("[aria-labelledby]").SelectMany(element => element.GetAttribute("aria-labelledby")!.Split(' '))
            .ShouldAllBe(id => board.Document.GetElementById(id) != null);
    }

    private static ListedRun Run(string id, double hours, string status = "completed") => new(id)
    {
        Name = id,
        Status = new(status, status),
        CreatedAt = ListedRun.At(Start.AddHours(hours)),
    };

    private static ListedRun Timed(string id, string? task, long seconds) => Run(id, 1) with
    {
        TaskId = task,
        TaskName = task?.ToUpperInvariant(),
        CompletedAt = ListedRun.At(Start.AddHours(1).AddSeconds(seconds)),
    };

    private static ListedRun Failed(string id, string message) => Run(id, 1, "failed") with { Failure = new(message, null) };

    private static string[] Bars(ConsolePage page) => [.. page.All(".activity svg a").Select(bar => bar.GetAttribute("aria-label")!)];

    /// <summary>The cells of the table of a figure.</summary>
    private static string[][] Rows(ConsolePage page, string title) =>
    [
        .. page.One($"#{title}").Closest("figure")!.QuerySelectorAll("tbody tr")
            .Select(row => row.Children.Select(PlainHtml.TextOf).ToArray()),
    ];
}
