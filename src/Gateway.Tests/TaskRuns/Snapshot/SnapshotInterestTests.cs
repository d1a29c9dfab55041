using Microsoft.Extensions.Time.Testing;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Time;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>The interest of callers in the whole list.</summary>
public sealed class SnapshotInterestTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SnapshotOptions _options = new();
    private readonly CacheOptions _cache = new();
    private readonly SnapshotInterest _interest;

    public SnapshotInterestTests() => _interest = new(_options, _cache, new ChangeSignal(), _time);

    [Fact]
    public void It_begins_with_a_question_and_ends_some_days_after_the_last_one()
    {
        _interest.IsActive.ShouldBeFalse();

        _interest.Ask();
        _time.Advance(_options.InterestFor - TimeSpan.FromSeconds(1));
        _interest.IsActive.ShouldBeTrue();

        _time.Advance(TimeSpan.FromSeconds(1));
        _interest.IsActive.ShouldBeFalse();
    }

    [Fact]
    public void It_needs_no_question_when_the_list_is_to_be_kept_warm()
    {
        _options.Warm = true;

        _interest.IsActive.ShouldBeTrue();
    }

    [Fact]
    public void Rows_are_read_less_often_when_no_caller_has_asked_for_ten_minutes()
    {
        _interest.Beat.ShouldBe(TimeSpan.FromSeconds(60));
        _interest.Ask();
        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        _interest.Beat.ShouldBe(_cache.FreshFor);

        _time.Advance(TimeSpan.FromSeconds(1));
        _interest.Beat.ShouldBe(TimeSpan.FromSeconds(60));

        _cache.FreshFor = TimeSpan.FromMinutes(2);
        _interest.Beat.ShouldBe(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public void Only_a_question_after_a_while_without_one_reads_the_log()
    {
        var begun = 0;
        _interest.Began += (_, _) => begun++;

        _interest.Ask();
        _time.Advance(TimeSpan.FromSeconds(59));
        _interest.Ask();
        begun.ShouldBe(1);

        _time.Advance(TimeSpan.FromSeconds(60));
        _interest.Ask();
        begun.ShouldBe(2);
    }

    [Fact]
    public void While_callers_wait_for_changes_rows_are_read_more_often()
    {
        _interest.Listen(TimeSpan.FromSeconds(3));
        _interest.Listen(TimeSpan.FromSeconds(3));
        _time.Advance(_options.InterestFor);
        (_interest.IsActive, _interest.Beat).ShouldBe((true, TimeSpan.FromSeconds(3)));

        _interest.Leave();
        _interest.Beat.ShouldBe(TimeSpan.FromSeconds(3));
        _interest.Leave();

        (_interest.IsActive, _interest.Beat).ShouldBe((true, _cache.FreshFor)); // the end counts as a question
        _time.Advance(TimeSpan.FromMinutes(10));
        _interest.Beat.ShouldBe(TimeSpan.FromSeconds(60));
    }
}
