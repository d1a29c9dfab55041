using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using CsCheck;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>Counts of runs, beside a model.</summary>
public sealed class SummaryTests
{
    private const string Summary = "/api/task-runs/summary";
    private static readonly TimeSpan Korea = TimeSpan.FromHours(9);
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, Korea);

    [Fact]
    public async Task The_counts_of_random_lists_are_those_of_the_model()
    {
        var runs = QueryGenerators.Lists(190, 190).Single();
        await using var gateway = await QueryHosts.StartCompleteAsync(runs);

        await QueryGenerators.Questions.SampleAsync(
            async question =>
            {
                var text = string.Join('&', question.Conditions.Select(condition => condition.Text));
                var matches = runs.Where(run => question.Conditions.All(condition => condition.Holds(run))).ToList();

                var summary = await gateway.AskAsync($"{Summary}?{text}&per=hour");

                summary.Status.ShouldBe(HttpStatusCode.OK, text);
                ShouldBeThatOf(matches, summary.Json);
            },
            iter: 100,
            threads: 2);
    }

    [Fact]
    public async Task Each_list_holds_the_hundred_largest_and_beside_it_stands_what_it_leaves_out()
    {
        var runs = Enumerable.Range(1, 120).SelectMany(task => Enumerable.Range(0, task % 3 + 1).Select(n => new ListedRun($"{task}-{n}")
        {
            TaskId = $"task-{task:000}",
            TaskName = "Churn",
            FeatureId = task % 2 == 0 ? null : $"feature-{task:000}",
            Status = n == 0 ? new("failed", "failed") : new("completed", "completed"),
            Model = new($"NFM{task}", $"nfm{task}"),
        })).ToArray();
        await using var gateway = await QueryHosts.StartCompleteAsync(runs);

        var summary = (await gateway.AskAsync(Summary)).Json;

        ((int)summary["total"]!).ShouldBe(runs.Length);
        ShouldHold(summary, "byTask", "id", runs.GroupBy(run => run.TaskId));
        ShouldHold(summary, "byFeature", "id", runs.GroupBy(run => run.FeatureId));
        ShouldHold(summary, "byModel", "name", runs.GroupBy(run => run.Model.Sent));
        ((string?)summary["byTask"]![0]!["name"]).ShouldBe("Churn");
        ((int)summary["byTaskOmitted"]!["entries"]!).ShouldBe(20);
        ((int)summary["byFeatureOmitted"]!["entries"]!).ShouldBe(0);
    }

    [Fact]
    public async Task Days_and_hours_begin_in_the_gateways_zone_and_have_no_break()
    {
        ListedRun[] runs =
        [
            new("last second") { CreatedAt = ListedRun.At(Start.AddSeconds(-1)) },
            new("midnight") { CreatedAt = ListedRun.At(Start), Status = new("failed", "failed") },
            new("noon") { CreatedAt = ListedRun.At(Start.AddHours(12)), Status = new("pending", "pending") },
            new("two days later") { CreatedAt = ListedRun.At(Start.AddHours(49)) },
            new("never"),
        ];
        await using var gateway = await QueryHosts.StartCompleteAsync(runs);

        var days = await gateway.AskAsync($"{Summary}?per=day");
        var hours = await gateway.AskAsync($"{Summary}?per=hour&createdBefore=2026-11-02");

        Buckets(days).ShouldBe(
        [
            ("2026-10-31T00:00:00+09:00", 1, 0, 0), ("2026-11-01T00:00:00+09:00", 0, 1, 1), ("2026-11-02T00:00:00+09:00", 0, 0, 0),
            ("2026-11-03T00:00:00+09:00", 1, 0, 0),
        ]);
        Buckets(hours).Select(bucket => bucket.From)
            .ShouldBe(Enumerable.Range(-1, 14).Select(hour => $"{Start.AddHours(hour):yyyy-MM-ddTHH:mm:sszzz}"));
        Buckets(hours)[^1].ShouldBe(("2026-11-01T12:00:00+09:00", 0, 0, 1));
        (await gateway.AskAsync(Summary)).Json.ContainsKey("created").ShouldBeFalse();
        Buckets(await gateway.AskAsync($"{Summary}?per=day&q=nothing")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("America/New_York", "2026-03-07T12:00", 4, "-05:00 -05:00 -04:00 -04:00")] // 8 March has 23 hours
    [InlineData("America/New_York", "2026-10-31T12:00", 4, "-04:00 -04:00 -05:00 -05:00")] // 1 November has 25
    [InlineData("America/Havana", "2026-10-31T12:00", 3, "-04:00 -04:00 -05:00")] // 1 November has two midnights
    public async Task A_day_begins_with_its_first_midnight_also_where_clocks_change(string zone, string first, int days, string offsets)
    {
        var begin = TimeZoneInfo.ConvertTimeToUtc(
            DateTime.Parse(first, CultureInfo.InvariantCulture), TimeZoneInfo.FindSystemTimeZoneById(zone));
        var runs = Enumerable.Range(0, ((days - 2) * 48) + 24).Select(half =>
        {
            var time = new DateTimeOffset(begin).AddMinutes(30 * half);
            return new ListedRun($"{half}") { CreatedAt = new($"{time.UtcDateTime:yyyy-MM-ddTHH:mm:ss}Z", time) };
        }).ToArray();
        await using var gateway = await QueryHosts.StartCompleteAsync(runs, ("Nclue:TimeZone", zone));

        var buckets = Buckets(await gateway.AskAsync($"{Summary}?per=day"));
        var hours = Buckets(await gateway.AskAsync($"{Summary}?per=hour"));

        buckets.Sum(bucket => bucket.Completed).ShouldBe(runs.Length);
        buckets.Select(bucket => bucket.From[^6..]).ShouldBe(offsets.Split(' ').Take(buckets.Length));
        foreach (var (from, next) in buckets.Zip(buckets.Skip(1)))
        {
            var (since, before) = (DateTimeOffset.Parse(from.From), DateTimeOffset.Parse(next.From));
            from.Completed.ShouldBe(runs.Count(run => run.CreatedAt.Meant >= since && run.CreatedAt.Meant < before), from.From);
            var day = $"createdAfter={since:yyyy-MM-dd}&createdBefore={before:yyyy-MM-dd}";
            ((int)(await gateway.AskAsync($"{Summary}?{day}")).Json["total"]!).ShouldBe(from.Completed, day);
        }

        hours.Select(bucket => DateTimeOffset.Parse(bucket.From).UtcTicks).Distinct().Count().ShouldBe(hours.Length);
        hours.SkipLast(1).ShouldAllBe(bucket => bucket.Completed == 2);
    }

    [Fact]
    public async Task More_than_400_hours_or_days_are_refused_and_the_way_to_fewer_is_named()
    {
        var runs = new[] { 0, 399, 400 }.Select(day => new ListedRun($"{day}") { CreatedAt = ListedRun.At(Start.AddDays(day)) }).ToArray();
        await using var gateway = await QueryHosts.StartCompleteAsync(runs);

        var refused = await gateway.AskAsync($"{Summary}?per=day");

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Errors().Keys.ShouldBe(["per", "createdAfter"]);
        Buckets(await gateway.AskAsync($"{Summary}?per=day&createdBefore={Start.AddDays(400):yyyy-MM-dd}")).Length.ShouldBe(400);
        (await gateway.AskAsync($"{Summary}?per=hour&createdAfter={Start.AddDays(399):yyyy-MM-dd}")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("per=week", "per")]
    [InlineData("per=", "per")]
    [InlineData("per=day&per=day", "per")]
    [InlineData("status=x&sort=name&limit=1&index=0&cursor=x", "status sort limit index cursor")]
    public async Task Each_wrong_parameter_is_named(string query, string names)
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([new("a")]);

        var refused = await gateway.AskAsync($"{Summary}?{query}");

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Errors().Keys.ShouldBe(names.Split(' '), ignoreOrder: true);
        (await gateway.AskAsync($"{Summary}?partial=true")).Status.ShouldBe(HttpStatusCode.OK); // a summary is always a query
    }

    private static void ShouldBeThatOf(List<ListedRun> runs, JsonObject summary)
    {
        ((int)summary["total"]!).ShouldBe(runs.Count);
        ((bool)summary["complete"]!).ShouldBeTrue();
        summary["byStatus"]!.AsObject().ShouldAllBe(status => (int)status.Value! == runs.Count(run => run.Status.Meant == status.Key));
        summary["byStatus"]!.AsObject().Count.ShouldBe(6);
        ShouldHold(summary, "byTask", "id", runs.GroupBy(run => run.TaskId));
        ShouldHold(summary, "byFeature", "id", runs.GroupBy(run => run.FeatureId));
        ShouldHold(
            summary, "byModel", "name",
            runs.Where(run => run.Model.Meant is not null).GroupBy(run => run.Model.Meant!.ToUpperInvariant()));
        ShouldHold(summary, "byFailureCode", "code", runs.Where(run => run.Failure.Meant is not null).GroupBy(run => run.Failure.Meant));
        var oldest = runs.Where(run => !run.IsFinished).Min(run => run.CreatedAt.Meant);
        (summary["oldestUnfinished"] is { } run ? (DateTimeOffset?)run["createdAt"] : null).ShouldBe(oldest);
        var durations = runs.Select(run => run.DurationSeconds).OfType<long>().Order().ToArray();
        (summary["durationSeconds"] is { } seconds ? ((long)seconds["p50"]!, (long)seconds["p95"]!, (long)seconds["max"]!) : default)
            .ShouldBe(durations.Length == 0 ? default : (Least(durations, 50), Least(durations, 95), durations[^1]));
        var created = runs.Where(run => run.CreatedAt.Meant is not null).ToList();
        Sum("completed").ShouldBe(created.Count(run => run.Status.Meant == "completed"));
        Sum("failed").ShouldBe(created.Count(run => run.Status.Meant == "failed"));
        Sum("other").ShouldBe(created.Count(run => !run.IsFinished));

        int Sum(string outcome) => summary["created"]!.AsArray().Sum(bucket => (int)bucket![outcome]!);
    }

    /// <summary>Returns the smallest value that so many percent of the values do not exceed.</summary>
    private static long Least(long[] values, int percent) =>
        values.First(least => values.Count(value => value <= least) * 100 >= percent * values.Length);

    private static void ShouldHold(JsonObject summary, string list, string key, IEnumerable<IGrouping<string?, ListedRun>> groups)
    {
        var expected = groups.Select(group => (group.Key, Total: group.Count(), Failed: group.Count(run => run.Status.Meant == "failed")))
            .OrderByDescending(group => group.Total).ToList();
        var entries = summary[list]!.AsArray()
            .Select(entry => ((string?)entry![key], Total: (int)entry["total"]!, Failed: (int)entry["failed"]!)).ToList();
        var omitted = summary[list + "Omitted"]!;

        entries.ShouldBeSubsetOf(expected);
        entries.Select(entry => entry.Total).ShouldBe(expected.Take(100).Select(group => group.Total));
        entries.Select(entry => entry.Item1).ShouldBeUnique();
        ((int)omitted["entries"]!).ShouldBe(expected.Count - entries.Count);
        ((int)omitted["runs"]!).ShouldBe(expected.Sum(group => group.Total) - entries.Sum(entry => entry.Total));
        ((int)omitted["failed"]!).ShouldBe(expected.Sum(group => group.Failed) - entries.Sum(entry => entry.Failed));
    }

    private static (string From, int Completed, int Failed, int Other)[] Buckets(PageResponse summary) =>
    [
        .. summary.Json["created"]!.AsArray().Select(bucket =>
            ((string)bucket!["from"]!, (int)bucket["completed"]!, (int)bucket["failed"]!, (int)bucket["other"]!)),
    ];
}
