using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream.Pacing;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;
using static NclueGateway.Tests.TaskRuns.Snapshot.IntakeExamples;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>The versions that callers can read, and their memory.</summary>
public sealed class SnapshotVersionsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SnapshotOptions _options = new();
    private readonly SnapshotVersions _versions;

    public SnapshotVersionsTests() => _versions = new(_options, _time);

    [Fact]
    public void A_version_with_a_gap_is_not_shown()
    {
        var complete = Publish(1, Complete("c b a"));

        Publish(2, Complete("c b a").Taking(Response("n b", 1)));

        _versions.Shown!.State.ShouldBe(complete);
    }

    [Fact]
    public void A_superseded_version_can_be_read_until_its_time_has_passed()
    {
        var first = Publish(1, Complete("c b a"));
        Publish(2, Complete("d c b a"));
        _time.Advance(_options.CursorsFor);
        Publish(3, Complete("e d c b a"));
        _versions.Find(SnapshotVersion.Of(first.Version))!.State.ShouldBe(first);

        _time.Advance(TimeSpan.FromSeconds(1));
        Publish(4, Complete("f e d c b a"));

        _versions.Find(SnapshotVersion.Of(first.Version)).ShouldBeNull();
        _versions.Find(SnapshotVersion.Of(Version(2))).ShouldNotBeNull();
        _versions.Count.ShouldBe(3);
    }

    [Fact]
    public void Superseded_versions_go_early_when_they_take_too_much_memory()
    {
        var json = new byte[30 * 1024 * 1024];
        for (var number = 1; number <= 7; number++)
        {
            var run = new SnapshotRun(json, new() { Id = number.ToString(CultureInfo.InvariantCulture), Status = TaskRunStatus.Completed });
            Publish(number, Roll.Unknown.Taking(new(0, [run], IsShort: true, number, 0)));
        }

        _versions.Count.ShouldBe(5); // the newest, and 4 × 30 MB of at most 128 MB
        _versions.Find(SnapshotVersion.Of(Version(3))).ShouldNotBeNull();
        _versions.Find(SnapshotVersion.Of(Version(2))).ShouldBeNull();
    }

    [Fact]
    public void An_entry_that_changes_nothing_supersedes_no_version()
    {
        var roll = Complete("c b a");
        Publish(1, roll);

        _versions.Publish(SnapshotState.At(new(1, 2, 2), Version(1), roll));

        (_versions.Count, _versions.Shown!.State.Top.Number).ShouldBe((1, 2));
    }

    [Fact]
    public void Versions_of_another_log_cannot_be_read()
    {
        var first = Publish(1, Complete("c b a"));
        Publish(2, Complete("d c b a"));

        _versions.Publish(SnapshotState.At(new(2, 2, 2), new(2, 2, 2), Complete("d c b a")));

        _versions.Find(SnapshotVersion.Of(first.Version)).ShouldBeNull();
        _versions.Count.ShouldBe(1);
    }

    [Fact]
    public void A_log_that_lost_entries_leads_to_the_same_version_again()
    {
        var first = Publish(1, Complete("c b a"));
        Publish(2, Complete("d c b a"));
        var lost = Publish(3, Complete("e d c b a"));

        Publish(1, first.Roll);
        Publish(2, Complete("f c b a"));

        _versions.Find(SnapshotVersion.Of(first.Version)).ShouldNotBeNull();
        _versions.Find(SnapshotVersion.Of(lost.Version)).ShouldBeNull();
    }

    [Fact]
    public void The_age_counts_from_the_edge_or_from_the_unfinished_run_read_longest_ago()
    {
        Publish(1, Complete("c:done b a:done").Taking(Response("c:done", departure: 7)));
        _versions.Shown!.ReadAt.ShouldBe(1);

        Publish(2, Complete("c:done b:done a:done").Taking(Response("c:done b:done a:done", isShort: true, departure: 7)));
        _versions.Shown.ReadAt.ShouldBe(7);
    }

    private static LogPosition Version(long number) => new(1, number, (ulong)number);

    private SnapshotState Publish(long number, Roll roll)
    {
        var state = SnapshotState.At(Version(number), Version(number), roll);
        _versions.Publish(state);
        return state;
    }
}
