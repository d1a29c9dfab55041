using System.Net;
using CsCheck;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;
using static NclueGateway.Tests.Console.ConsoleHosts;

namespace NclueGateway.Tests.Console;

/// <summary>The counts, filters and rows of the board, beside those of the API.</summary>
public sealed class ConsoleBoardTests
{
    private const string List = "/api/task-runs";
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.FromHours(9));

    /// <summary>The filters that the board and the API have in common.</summary>
    private static readonly string[] Filters = ["q", "status", "taskId", "featureId", "model", "failureCode"];

    [Fact]
    public async Task The_counts_and_rows_of_random_lists_and_filters_are_those_of_the_API()
    {
        var runs = QueryGenerators.Lists(120, 120).Single();
        await using var gateway = await QueryHosts.StartCompleteAsync(runs);

        await QueryGenerators.Questions.SampleAsync(
            async question =>
            {
                var filter = question.Conditions.Where(condition => Filters.Contains(condition.Name)).ToList();
                var text = Join(filter.Select(condition => condition.Text).Append($"sort={question.Sort ?? "-createdAt"}"));
                var others = Join(filter.Where(condition => condition.Name != "status").Select(condition => condition.Text));

                var board = await gateway.OpenAsync($"{Board}?{text}");

                var list = await gateway.AskAsync($"{List}?{text}&limit=50");
                board.Rows.ShouldBe(list.Ids(), text);
                var counts = (await gateway.AskAsync($"{List}/summary?{others}")).Json;
                board.Counts["all"].ShouldBe((int)counts["total"]!, text);
                foreach (var (status, count) in counts["byStatus"]!.AsObject())
                {
                    board.Counts.GetValueOrDefault(status).ShouldBe((int)count!, $"{text} {status}");
                }

                (board.All("a.filters, .filters .actions a").Any() || filter.Count == 0).ShouldBeTrue(text); // filters can be removed
            },
            iter: 40,
            threads: 2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("status=completed")]
    [InlineData("sort=createdAt")]
    [InlineData("sort=-completedAt")]
    [InlineData("sort=durationSeconds&q=run")]
    [InlineData("sort=-durationSeconds")]
    [InlineData("sort=name")]
    [InlineData("sort=-name&status=completed&status=failed")]
    public async Task The_pages_of_a_result_have_each_run_once_in_the_order_of_the_API_and_lead_back(string query)
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 190 });
        var sort = query.Contains("sort") ? "" : "&sort=-createdAt";
        List<PageResponse> expected = [await gateway.AskAsync($"{List}?{query}{sort}&limit=50")];
        await gateway.FollowAsync(expected, "next");

        var pages = await gateway.FollowAsync($"{Board}?{query}");

        pages.Select(page => page.Rows).ShouldBe(expected.Select(page => page.Ids()));
        pages.Count.ShouldBeGreaterThan(1);
        pages[0].Previous.ShouldBeNull();
        pages[0].Text("#runs-head .quiet").ShouldBe($"1–50 of {expected[0].Total}");
        pages[1].Text("#runs-head .quiet").ShouldStartWith("51–");
        List<ConsolePage> back = [pages[^1]];
        while (back[^1].Previous is { } previous)
        {
            back.Add(await gateway.OpenAsync(previous));
        }

        back.AsEnumerable().Reverse().Select(page => page.Rows).ShouldBe(pages.Select(page => page.Rows));
    }

    [Fact]
    public async Task The_heads_of_columns_sort_and_say_how_the_page_is_sorted()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 60 });

        var board = await gateway.OpenAsync($"{Board}?status=completed");

        Sorts(board).ShouldBe(
        [
            ("Name", null, "/console?status=completed&sort=name"),
            ("Created", "descending", "/console?status=completed&sort=createdAt"),
            ("Completed", null, "/console?status=completed&sort=-completedAt"),
            ("Duration", null, "/console?status=completed&sort=-durationSeconds"),
        ]);
        var turned = await gateway.OpenAsync("/console?status=completed&sort=createdAt");
        Sorts(turned)[1].ShouldBe(("Created", "ascending", "/console?status=completed&sort=-createdAt"));

        static (string, string?, string?)[] Sorts(ConsolePage page) =>
            [.. page.All("thead th a[href]").Where(link => link.Closest(".runs") is not null).Select(link =>
                (PlainHtml.TextOf(link), link.ParentElement!.GetAttribute("aria-sort"), link.GetAttribute("href")))];
    }

    [Fact]
    public async Task A_count_sets_its_filter_and_the_set_one_removes_it_and_both_keep_the_other_filters()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 60 });

        var board = await gateway.OpenAsync($"{Board}?q=run&sort=name");
        board.Attribute("#counts [data-key=failed]", "href").ShouldBe("/console?q=run&sort=name&status=failed");
        board.Attribute("#counts [data-key=all]", "aria-current").ShouldBe("true");

        var failed = await gateway.OpenAsync("/console?q=run&sort=name&status=failed");
        failed.Attribute("#counts [data-key=failed]", "aria-current").ShouldBe("true");
        failed.Attribute("#counts [data-key=failed]", "href").ShouldBe("/console?q=run&sort=name");
        failed.Attribute("#counts [data-key=all]", "href").ShouldBe("/console?q=run&sort=name");
        failed.Counts.ShouldBe(board.Counts); // a filter by status does not change them
        failed.Rows.Length.ShouldBe(failed.Counts["failed"]);
    }

    [Fact]
    public async Task A_choice_that_is_too_long_says_how_much_of_it_is_missing()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(
            [.. Enumerable.Range(0, 130).Select(number => new ListedRun($"run-{number}") { TaskId = $"task-{number}" })]);

        var page = await gateway.OpenAsync(Board);

        var options = page.All("[name=taskId] option").ToList();
        options.Count.ShouldBe(1 + 100 + 1); // "All", the largest, and the rest
        PlainHtml.TextOf(options[^1]).ShouldBe("30 more: search for the name");
        options[^1].HasAttribute("disabled").ShouldBeTrue();
        page.All("[name=featureId] option[disabled]").ShouldBeEmpty();
    }

    [Fact]
    public async Task Empty_fields_of_the_form_count_as_absent_and_what_it_does_not_show_it_keeps()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 60 });
        var all = await gateway.OpenAsync(Board);

        var empty = await gateway.OpenAsync($"{Board}?q=&status=&taskId=&featureId=&model=&failureCode=&from=&to=&sort=&cursor=");

        empty.Rows.ShouldBe(all.Rows);
        empty.Counts.ShouldBe(all.Counts);
        empty.All(".filters .actions a").ShouldBeEmpty(); // no filter is set
        var form = await gateway.OpenAsync($"{Board}?status=failed&status=completed&sort=name&q=run");
        form.All(".filters input[type=hidden]").Select(field => (field.GetAttribute("name"), field.GetAttribute("value")))
            .ShouldBe([("status", "failed"), ("status", "completed"), ("sort", "name")]);
        form.Attribute(".filters input[name=q]", "value").ShouldBe("run");
        form.Attribute(".filters .actions a", "href").ShouldBe("/console");
    }

    [Theory]
    [InlineData("Asia/Seoul")]
    [InlineData("America/New_York")]
    public async Task From_and_to_are_days_in_the_gateways_zone_that_belong_to_the_range(string zone)
    {
        var begin = new DateTime(2026, 11, 1); // in New York a day of 25 hours
        (string Id, DateTime Local)[] times =
        [
            ("before", begin.AddSeconds(-1)), ("first", begin), ("noon", begin.AddHours(12)), ("last", begin.AddDays(2).AddSeconds(-1)),
            ("after", begin.AddDays(2)),
        ];
        await using var gateway = await QueryHosts.StartCompleteAsync(
            [
                .. times.Select(time => new ListedRun(time.Id)
                {
                    CreatedAt = new($"{Utc(time.Local):yyyy-MM-ddTHH:mm:ss}Z", new DateTimeOffset(Utc(time.Local))),
                }),
            ],
            ("Nclue:TimeZone", zone));

        (await RowsAsync("from=2026-11-01&to=2026-11-02")).ShouldBe(["last", "noon", "first"]);
        (await RowsAsync("from=2026-11-01&to=2026-11-01")).ShouldBe(["noon", "first"]);
        (await RowsAsync("from=2026-11-02")).ShouldBe(["after", "last"]);
        (await RowsAsync("to=2026-10-31")).ShouldBe(["before"]);
        (await RowsAsync("from=2026-11-04&to=2026-11-05")).ShouldBeEmpty();
        (await RowsAsync("from=2026-11-02&to=2026-11-01")).ShouldBeEmpty(); // no day at all

        async Task<string[]> RowsAsync(string query) => (await gateway.OpenAsync($"{Board}?{query}")).Rows;

        DateTime Utc(DateTime local) => TimeZoneInfo.ConvertTimeToUtc(local, TimeZoneInfo.FindSystemTimeZoneById(zone));
    }

    [Fact]
    public async Task Where_nothing_matches_the_page_says_so_and_offers_to_remove_the_filters()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([new("a") { Name = "a", CreatedAt = ListedRun.At(Start) }]);

        var none = await gateway.OpenAsync($"{Board}?q=zzz");

        none.Rows.ShouldBeEmpty();
        none.Text(".empty").ShouldBe("No run matches these filters. Clear filters");
        none.Attribute(".empty a", "href").ShouldBe("/console");
        await using var empty = await QueryHosts.StartCompleteAsync([]);
        (await empty.OpenAsync(Board)).Text(".empty").ShouldBe("NCLUE has no runs yet.");
    }

    [Fact]
    public async Task The_oldest_unfinished_run_is_a_link()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(
        [
            new("done") { CreatedAt = ListedRun.At(Start) },
            new("old/1") { CreatedAt = ListedRun.At(Start.AddDays(1)), Status = new("in_progress", "in_progress") },
            new("new") { CreatedAt = ListedRun.At(Start.AddDays(2)), Status = new("pending", "pending") },
        ]);

        (await gateway.OpenAsync(Board)).Attribute(".oldest a", "href").ShouldBe("/console/runs/old%2F1");
        (await gateway.OpenAsync($"{Board}?q=done")).All(".oldest").ShouldBeEmpty();
        await gateway.OpenAsync("/console/runs/old%2F1", HttpStatusCode.OK);
    }

    private static string Join(IEnumerable<string> parts) => string.Join('&', parts);
}
