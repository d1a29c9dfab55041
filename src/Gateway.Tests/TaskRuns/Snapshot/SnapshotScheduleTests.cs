using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Time;
using NclueGateway.Upstream;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>The rows that are due, by a clock.</summary>
public sealed class SnapshotScheduleTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SnapshotInterest _interest;
    private readonly SnapshotSchedule _schedule;

    public SnapshotScheduleTests()
    {
        _interest = new(new(), new CacheOptions(), new ChangeSignal(), _time);
        _schedule = new(_interest, new(), new DepartureClock(_time), new ChangeSignal(), _time);
        _interest.Ask();
    }

    private long Departure => (long)_time.GetElapsedTime(0).TotalMilliseconds;

    [Fact]
    public void The_edge_is_due_when_a_page_would_be_stale()
    {
        Read(Finished(150));

        DueAfter(9.9).ShouldBeNull();
        DueAfter(0.1).ShouldBe(0);
    }

    [Fact]
    public void The_edge_is_due_once_a_minute_when_no_caller_asked_for_ten_minutes()
    {
        _time.Advance(TimeSpan.FromMinutes(10));
        Read(Finished(150));

        DueAfter(59.9).ShouldBeNull();
        DueAfter(0.1).ShouldBe(0);
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(25, 60)] // not expected to end soon
    public void A_block_with_an_unfinished_run_is_due_by_the_age_of_the_run(int hours, int seconds)
    {
        Read([.. Finished(150), Run("unfinished", TaskRunStatus.InProgress, _time.GetUtcNow().AddHours(-hours))]);

        DueAfter(seconds - 0.1, isAvailable: number => number == 1).ShouldBeNull();
        DueAfter(0.1, isAvailable: number => number == 1).ShouldBe(1);
    }

    [Fact]
    public void The_edge_is_due_before_other_rows_that_are_overdue()
    {
        Read([.. Finished(150), Run("unfinished", TaskRunStatus.InProgress, _time.GetUtcNow())]);

        DueAfter(30).ShouldBe(0);
    }

    [Fact]
    public void Rows_whose_response_lacked_the_run_are_not_requested_again_at_once()
    {
        Read([.. Finished(150), Run("unfinished", TaskRunStatus.InProgress, _time.GetUtcNow())]);
        DueAfter(10, isAvailable: number => number == 1).ShouldBe(1);

        _schedule.Received(1, _time.GetTimestamp(), RowWindow.Of(1, IndexUnit.Row), [], Roll.Unknown, oldest: null);

        DueAfter(9.9, isAvailable: number => number == 1).ShouldBeNull();
        DueAfter(0.1, isAvailable: number => number == 1).ShouldBe(1);
    }

    [Fact]
    public void A_gap_is_read_in_the_background()
    {
        var roll = Roll.Unknown.Taking(new(0, Finished(100), IsShort: false, Departure, 0));
        _schedule.Update(roll, ListOrder.NewestFirst);

        Background().ShouldBe(RowWindow.NumberOf(90));
    }

    [Fact]
    public void All_rows_are_read_again_after_the_time_between_sweeps()
    {
        Read(Finished(150));
        _time.Advance(new SnapshotOptions().SweepEvery - TimeSpan.FromSeconds(0.1));
        Background().ShouldBeNull();
        _schedule.UntilNext(_time.GetTimestamp()).ShouldBeNull(); // the edge is due

        _time.Advance(TimeSpan.FromSeconds(0.1));

        Background().ShouldBe(0);
    }

    [Fact]
    public void All_rows_are_read_again_when_the_count_does_not_fit()
    {
        var runs = Finished(150);
        var roll = Read(runs);
        _time.Advance(TimeSpan.FromSeconds(1));

        _schedule.Update(roll.Taking(new(0, runs[..100], IsShort: false, Departure, 1, Total: 149)), ListOrder.NewestFirst);

        Background().ShouldBe(RowWindow.NumberOf(90));
    }

    [Fact]
    public void The_window_moves_back_while_the_oldest_rows_are_not_where_they_were_expected()
    {
        var runs = Finished(300);
        var roll = Read(runs);
        _time.Advance(TimeSpan.FromSeconds(1));
        roll = roll.Taking(new(0, runs[..150], IsShort: false, Departure, 1));
        _schedule.Update(roll, ListOrder.NewestFirst);
        _time.Advance(new SnapshotOptions().SweepEvery);
        var number = RowWindow.NumberOf(140);
        Background().ShouldBe(number);

        _schedule.Received(number, _time.GetTimestamp(), RowWindow.Of(number, IndexUnit.Row), [], roll, _schedule.Oldest);
        _schedule.Update(roll, ListOrder.NewestFirst);

        Background().ShouldBe(RowWindow.NumberOf(130));
    }

    [Fact]
    public void The_next_step_is_that_of_the_rows_due_first()
    {
        Read(Finished(150));
        _time.Advance(TimeSpan.FromSeconds(4));

        _schedule.UntilNext(_time.GetTimestamp())!.Value.TotalSeconds.ShouldBe(6, 0.01);
    }

    private static SnapshotRun[] Finished(int count) =>
        [.. Enumerable.Range(0, count).Select(id => Run(id.ToString(CultureInfo.InvariantCulture), TaskRunStatus.Completed, default))];

    private static SnapshotRun Run(string id, TaskRunStatus status, DateTimeOffset createdAt) =>
        new("{}"u8.ToArray(), new() { Id = id, Status = status, CreatedAt = createdAt });

    /// <summary>Lets the whole list be read now, newest first.</summary>
    private Roll Read(SnapshotRun[] runs)
    {
        var roll = Roll.Unknown.Taking(new(0, runs, IsShort: true, Departure, 0));
        _schedule.Update(roll, ListOrder.NewestFirst);
        return roll;
    }

    private int? DueAfter(double seconds, Func<int, bool>? isAvailable = null)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        return _schedule.NextDue(_time.GetTimestamp(), isAvailable ?? (_ => true))?.Number;
    }

    private int? Background() => _schedule.NextBackground(_time.GetTimestamp(), _ => true)?.Number;
}
