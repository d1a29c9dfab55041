using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.TaskRuns.Normalizing;

namespace NclueGateway.Tests.Sandbox;

/// <summary>The sandbox's runs look like those of a company, at every time of day and week at which the sandbox starts.</summary>
public sealed class DemoRunsTests
{
    private static readonly TimeSpan Korea = TimeSpan.FromHours(9);

    public static TheoryData<string> Starts =>
        ["2026-11-30T09:00:00+09:00", "2026-11-29T03:10:00+09:00", "2026-12-05T14:37:11+09:00", "2027-02-17T23:59:59+09:00"];

    [Theory]
    [MemberData(nameof(Starts))]
    public void The_runs_are_of_the_last_30_days_and_mostly_of_working_hours(string start)
    {
        var (from, runs) = At(start);

        runs.Length.ShouldBe(500);
        var created = runs.Select(run => run.Created.ToOffset(Korea)).ToList();
        created.ShouldBeInOrder(SortDirection.Descending);
        created[0].ShouldBeGreaterThan(from.AddSeconds(-15));
        (from - created[^1]).ShouldBeInRange(TimeSpan.FromDays(29), TimeSpan.FromDays(30.1));
        Share(created, time => time.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)).ShouldBeInRange(0.8, 0.97);
        Share(created, time => time.Hour is >= 9 and < 19).ShouldBeInRange(0.6, 0.9);
        Share(created, time => time.Hour is < 6 or >= 21).ShouldBeInRange(0.01, 0.12);
    }

    [Theory]
    [MemberData(nameof(Starts))]
    public void A_tenth_of_them_fails_for_several_reasons_and_most_often_on_one_bad_day(string start)
    {
        var (from, runs) = At(start);

        var failed = runs.Where(run => run.StatusAt(from.AddDays(1)) == "failed").ToList();

        failed.Count.ShouldBeInRange(40, 60);
        var messages = failed.Select(run => run.Own!.FailMessage!).ToList();
        messages.Intersect(FailureCatalog.Codes).Count().ShouldBeGreaterThan(4);
        messages.Except(FailureCatalog.Codes).ShouldHaveSingleItem();
        var days = failed.GroupBy(run => run.Created.ToOffset(Korea).Date).Select(day => day.Count()).OrderDescending().ToList();
        days[0].ShouldBeGreaterThan(days[1] + 2);
    }

    [Fact]
    public void Tasks_features_models_and_durations_differ()
    {
        var (from, runs) = At("2026-11-30T09:00:00+09:00");
        var rows = runs.Select(run => Row(run, from.AddDays(1))).ToList();

        Values("task_id").Count().ShouldBe(8);
        Values("task_name").Count().ShouldBe(8);
        Values("feature_id").Count().ShouldBe(6);
        Values("feature_name").Count().ShouldBe(6);
        Values("run_name").Count().ShouldBe(500);
        Values("run_name").ShouldAllBe(name => name!.Length <= 100); // the longest that NCLUE accepts
        Values("nclue_model_name").ShouldBe(["NFM1", "NFM01", "NFM2", "NFM02", null], ignoreOrder: true);
        Values("nclue_model_status").ShouldBe(["active", "deprecated", null], ignoreOrder: true);
        Values("status").ShouldBe(["complete", "completed", "failed"], ignoreOrder: true);
        var usual = runs.GroupBy(run => run.Own!.Task)
            .Select(task => task.Select(run => run.Own!.EndedAfter).Order().ElementAt(task.Count() / 2)).ToList();
        usual.Max().ShouldBeGreaterThan(2.5 * usual.Min());

        IEnumerable<string?> Values(string property) => rows.Select(row => (string?)row[property]).Distinct();
    }

    [Theory]
    [MemberData(nameof(Starts))]
    public void Some_runs_are_unfinished_at_the_start_and_end_within_ten_minutes(string start)
    {
        var (from, runs) = At(start);

        var states = runs.CountBy(run => run.StatusAt(from)).ToDictionary();
        states["registered"].ShouldBeInRange(1, 3);
        states["pending"].ShouldBeInRange(1, 4);
        states["in_progress"].ShouldBeInRange(3, 12);
        runs.Where(run => run.StatusAt(from) == "in_progress").Min(run => run.Created)
            .ShouldBe(from.AddMinutes(-38), "one takes unusually long");
        runs.ShouldAllBe(run => run.StatusAt(from.AddMinutes(10)).StartsWith("complete") || run.StatusAt(from.AddMinutes(10)) == "failed");
    }

    [Fact]
    public void The_same_start_gives_the_same_runs()
    {
        var (from, first) = At("2026-11-30T09:00:00+09:00");
        var (_, again) = At("2026-11-30T09:00:00+09:00");
        var (_, later) = At("2026-11-30T09:00:01+09:00");

        again.Select(run => Row(run, from).ToJsonString()).ShouldBe(first.Select(run => Row(run, from).ToJsonString()));
        later.Select(run => run.Created).Intersect(first.Select(run => run.Created)).ShouldBeEmpty();
    }

    [Fact]
    public void New_runs_come_and_only_ended_ones_of_them_are_deleted()
    {
        var time = new FakeTimeProvider(Time("2026-11-30T09:00:00+09:00"));
        var runs = new SimulatedRuns(new()
        {
            Demo = true,
            Runs = 500,
            NewRunEvery = DemoRuns.NewRunEvery,
            DeleteAfterNewRuns = 1,
            DeletedRow = DemoRuns.DeletedRow,
            TimeProvider = time,
        });
        var before = runs.Slice(0, 1_000).Runs;
        List<SimulatedRun> deleted = [];
        for (var step = 0; step < 240; step++)
        {
            time.Advance(DemoRuns.NewRunEvery);
            var now = runs.Slice(0, 1_000).Runs;
            deleted.AddRange(before.ExceptBy(now.Select(run => run.Number), run => run.Number));
            now[0].Created.ShouldBe(time.GetUtcNow());
            before = now;
        }

        runs.Count.ShouldBe(500 + DemoRuns.DeletedRow);
        deleted.Count.ShouldBe(240 - DemoRuns.DeletedRow);
        deleted.ShouldAllBe(run => run.Number >= 500 && run.Own!.EndedAfter < DemoRuns.DeletedRow * DemoRuns.NewRunEvery);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(30)]
    [InlineData(5_000)]
    public void A_list_of_any_length_is_as_dense(int count)
    {
        var from = Time("2026-11-30T09:00:00+09:00");

        var runs = new DemoRuns(from).Initial(count).ToArray();

        runs.Select(run => run.Number).ShouldBe(Enumerable.Range(0, count).Reverse());
        runs.Select(run => run.Created).ShouldBeInOrder(SortDirection.Descending);
        runs.ShouldAllBe(run => run.Created > from.AddDays(-2 - (30.0 * count / 500)));
    }

    private static (DateTimeOffset From, SimulatedRun[] Runs) At(string start)
    {
        var from = Time(start);
        return (from, [.. new DemoRuns(from).Initial(500)]);
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static double Share(List<DateTimeOffset> times, Func<DateTimeOffset, bool> condition) =>
        times.Count(condition) / (double)times.Count;

    private static JsonNode Row(SimulatedRun run, DateTimeOffset now)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            run.WriteTo(json, now);
        }

        return JsonNode.Parse(Encoding.UTF8.GetString(stream.ToArray()))!;
    }
}
