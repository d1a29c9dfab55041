using System.Globalization;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;
using static NclueGateway.Tests.TaskRuns.Snapshot.IntakeExamples;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>The rows to read next for one state.</summary>
public sealed class SnapshotPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_a_list_that_is_not_known_the_head_is_read_first()
    {
        var plan = Plan(Roll.Unknown, ListOrder.Unknown);

        plan.GapPlace.ShouldBe(-1);
        plan.Live.ShouldBeEmpty();
    }

    [Fact]
    public void New_runs_are_expected_in_the_first_rows_of_a_list_with_the_newest_first() =>
        Plan(Finished(200), ListOrder.NewestFirst).Live.ShouldBe([new(0, ReadAt: 1, IsEdge: true)]);

    [Fact]
    public void New_runs_are_expected_behind_the_last_row_of_a_list_with_the_oldest_first() =>
        Plan(Finished(200), ListOrder.OldestFirst).Live.ShouldBe([new(RowWindow.NumberOf(190), ReadAt: 1, IsEdge: true)]);

    [Fact]
    public void While_the_order_is_not_known_they_are_expected_at_both_ends() =>
        Plan(Finished(200), ListOrder.Unknown).Live.Select(rows => rows.Number).ShouldBe([0, RowWindow.NumberOf(190)], ignoreOrder: true);

    [Fact]
    public void A_block_with_an_unfinished_run_changes_by_itself() =>
        Plan(Finished(300, unfinished: 120), ListOrder.NewestFirst).Live
            .ShouldBe([new(1, ReadAt: 1), new(0, ReadAt: 1, IsEdge: true)], ignoreOrder: true);

    [Theory]
    [InlineData(25, true)]
    [InlineData(23, false)]
    public void A_block_is_stuck_when_its_unfinished_runs_are_older_than_a_day(int hours, bool isStuck)
    {
        var run = new SnapshotRun(
            "{}"u8.ToArray(), new() { Id = "a", Status = TaskRunStatus.InProgress, CreatedAt = Now.AddHours(-hours) });
        var roll = Roll.Unknown.Taking(new(0, [run], IsShort: true, Departure: 1, Since: 0));

        Plan(roll, ListOrder.OldestFirst).Live.ShouldHaveSingleItem().IsStuck.ShouldBe(false); // the edge never is
        Plan(roll.Taking(new(0, [Run("b", "b:done", true), run], IsShort: true, 2, 1)), ListOrder.Unknown).Live
            .ShouldContain(rows => rows.IsEdge);
        SnapshotPlan.Of(Far(run), ListOrder.NewestFirst, Now).Live.Single(rows => rows.Number == 1).IsStuck.ShouldBe(isStuck);
    }

    [Theory]
    [InlineData(nameof(ListOrder.NewestFirst), 0)]
    [InlineData(nameof(ListOrder.OldestFirst), 4)]
    public void The_gap_nearest_the_edge_is_closed_first(string order, int place)
    {
        var roll = Complete("f e d c b a").Taking(Response("n e", 1)).Taking(Response("m b", 5, departure: 101, since: 101));
        roll.Text().ShouldBe("f | n e d c | m b a");

        Plan(roll, Enum.Parse<ListOrder>(order)).GapPlace.ShouldBe(place);
    }

    [Fact]
    public void The_oldest_rows_begin_before_the_run_that_was_read_longest_ago()
    {
        var ids = Ids(300);
        var roll = Finished(300).Taking(Response(string.Join(' ', ids[..150]), departure: 5));

        Plan(roll, ListOrder.NewestFirst).Oldest.ShouldBe(new LiveRows(RowWindow.NumberOf(140), ReadAt: 1));
    }

    [Fact]
    public void Of_an_unordered_list_no_row_has_a_place() =>
        Plan(Finished(200), ListOrder.Unordered).ShouldBe(new([], null, null, null, null));

    private static SnapshotPlan Plan(Roll roll, ListOrder order) => SnapshotPlan.Of(roll, order, Now);

    private static string[] Ids(int count) =>
        [.. Enumerable.Range(0, count).Select(id => string.Create(CultureInfo.InvariantCulture, $"r{id}:done"))];

    private static Roll Finished(int count, int unfinished = -1) =>
        Complete(string.Join(' ', Ids(count).Index().Select(id => id.Index == unfinished ? "unfinished" : id.Item)));

    /// <summary>Returns a list in whose second block a run stands alone.</summary>
    private static Roll Far(SnapshotRun run) => Roll.Unknown.Taking(new(
        0, [.. Ids(150).Select(id => Run(id, id, true)), run], IsShort: true, Departure: 1, Since: 0));
}
