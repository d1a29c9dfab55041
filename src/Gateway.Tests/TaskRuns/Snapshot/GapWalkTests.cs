using System.Globalization;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;
using static NclueGateway.Tests.TaskRuns.Snapshot.IntakeExamples;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>The windows that close a gap behind the run at place 100.</summary>
public sealed class GapWalkTests
{
    private const int Gap = 100;
    private static readonly Roll Roll = Complete(Ids(0, 300));
    private static readonly GapWalk Walk = new("r100", 0, null);

    [Fact]
    public void The_window_begins_with_the_last_ten_known_runs() => RowOf(Walk).ShouldBe(91);

    [Fact]
    public void After_a_response_without_a_known_run_it_moves_back_twice_as_far_each_time()
    {
        var once = After(Walk, 91, "x y z");
        var twice = After(once, 81, "x y z");

        (RowOf(once), RowOf(twice)).ShouldBe((81, 61));
    }

    [Fact]
    public void After_a_response_with_runs_behind_the_gap_only_it_moves_back() => RowOf(After(Walk, 91, Ids(105, 95))).ShouldBe(81);

    [Fact]
    public void After_a_response_with_runs_before_the_gap_only_it_goes_on_from_there() =>
        RowOf(After(new("r100", 3, 40), 40, $"{Ids(50, 30)} x y")).ShouldBe(40 + 30 - SnapshotPlan.Overlap);

    [Fact]
    public void After_a_response_with_runs_of_both_sides_it_is_at_the_gap_again() =>
        After(new("r100", 3, 40), 40, Ids(60, 90)).ShouldBe(Walk);

    private static int RowOf(GapWalk walk) => RowWindow.Of(walk.NumberFor(Gap), IndexUnit.Row).FirstRow;

    private static GapWalk After(GapWalk walk, int row, string slots) =>
        walk.After(RowWindow.Of(RowWindow.NumberOf(row), IndexUnit.Row), Response(slots).Slots, Roll, Gap);

    private static string Ids(int first, int count) =>
        string.Join(' ', Enumerable.Range(first, count).Select(id => string.Create(CultureInfo.InvariantCulture, $"r{id}")));
}
