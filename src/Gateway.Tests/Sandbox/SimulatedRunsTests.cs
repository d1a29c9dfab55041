using CsCheck;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Tests.Sandbox;

public sealed class SimulatedRunsTests
{
    private static readonly string[] Stages = ["registered", "pending", "in_progress", "final"];
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 4, 15, 0, 0, TimeSpan.Zero));

    [Fact]
    public void The_newest_run_comes_first_and_the_oldest_ones_are_final()
    {
        var (runs, total) = Create(50).Slice(0, 100);

        total.ShouldBe(50);
        runs.Select(run => run.Number).ShouldBe(Enumerable.Range(0, 50).Reverse());
        runs.Select(run => run.Created).ShouldBeInOrder(SortDirection.Descending);
        runs[0].StatusAt(_time.GetUtcNow()).ShouldBe("registered");
        runs[8..].ShouldAllBe(run => Stage(run.StatusAt(_time.GetUtcNow())) == 3);
    }

    [Fact]
    public void A_run_passes_every_stage_in_order_within_two_minutes_and_then_rests() => Gen.Int[0, 100_000].Sample(number =>
    {
        var start = _time.GetUtcNow();
        var run = new SimulatedRun(number, start, Frozen: false);
        var stages = Enumerable.Range(0, 121).Select(second => Stage(run.StatusAt(start.AddSeconds(second)))).ToArray();

        stages.ShouldBeInOrder(SortDirection.Ascending);
        stages.Distinct().ShouldBe([0, 1, 2, 3]);
        run.StatusAt(start.AddYears(1)).ShouldBe(run.StatusAt(start.AddSeconds(120)));
    });

    [Fact]
    public void Runs_change_as_the_clock_advances()
    {
        var runs = Create(20);
        var before = Statuses();
        _time.Advance(TimeSpan.FromMinutes(1));

        Statuses().ShouldNotBe(before);
        _time.Advance(TimeSpan.FromMinutes(1));
        Statuses().ShouldAllBe(status => Stage(status) == 3);

        string[] Statuses() => [.. runs.Slice(0, 100).Runs.Select(run => run.StatusAt(_time.GetUtcNow()))];
    }

    [Fact]
    public void A_new_run_appears_at_the_head_when_one_is_due()
    {
        var runs = Create(3, newRunEvery: TimeSpan.FromSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(29));
        runs.Count.ShouldBe(3);

        _time.Advance(TimeSpan.FromSeconds(31));

        runs.Slice(0, 10).Runs.Select(run => run.Number).ShouldBe([4, 3, 2, 1, 0]);
        runs.Slice(0, 1).Runs.Single().Created.ShouldBe(_time.GetUtcNow());
    }

    [Fact]
    public void Of_the_new_runs_some_that_have_ended_are_deleted_and_no_other_run_is()
    {
        var runs = Create(30, newRunEvery: TimeSpan.FromSeconds(10), deleteAfterNewRuns: 6);
        var deleted = new List<SimulatedRun>();
        for (var (step, before) = (0, Numbers()); step < 60; step++)
        {
            var shown = runs.Slice(0, 20).Runs;
            _time.Advance(TimeSpan.FromSeconds(10));
            deleted.AddRange(before.Except(Numbers()).Select(number => shown.Single(run => run.Number == number)));
            before = Numbers();
        }

        deleted.Count.ShouldBe(8); // every minute, once new runs have got that far
        deleted.ShouldAllBe(run => run.Number >= 30 && Stage(run.StatusAt(_time.GetUtcNow())) == 3);
        Numbers().Where(number => number < 30).Count().ShouldBe(30);

        int[] Numbers() => [.. runs.Slice(0, 1_000).Runs.Select(run => run.Number)];
    }

    [Fact]
    public void A_new_run_put_in_by_hand_is_as_old_as_the_moment()
    {
        var runs = Create(3);
        _time.Advance(TimeSpan.FromHours(1));

        runs.Prepend(1);

        runs.NumberAt(0).ShouldBe(3);
        runs.Slice(0, 1).Runs.Single().StatusAt(_time.GetUtcNow()).ShouldBe("registered");
    }

    [Theory]
    [InlineData("job-000123 x")]
    [InlineData("run-abc")]
    [InlineData("run-")]
    public void A_name_of_no_simulated_run_has_no_number(string name) =>
        Should.Throw<Exception>(() => SimulatedRun.NumberOf(name)).ShouldBeAssignableTo<SystemException>();

    private static int Stage(string status) => Array.IndexOf(Stages, status) is var stage and >= 0 ? stage : 3;

    private SimulatedRuns Create(int runs, TimeSpan? newRunEvery = null, int? deleteAfterNewRuns = null) => new(new SimulatedNclueOptions
    {
        Runs = runs,
        NewRunEvery = newRunEvery,
        DeleteAfterNewRuns = deleteAfterNewRuns,
        TimeProvider = _time,
    });
}
