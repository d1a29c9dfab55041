using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.TaskRuns.Changes;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.TaskRuns.Snapshot;
using static NclueGateway.Tests.TaskRuns.Snapshot.IntakeExamples;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>The steps from version to version, and their memory.</summary>
public sealed class ChangeSetsTests
{
    private readonly SnapshotVersions _versions = new(new SnapshotOptions(), new FakeTimeProvider());
    private readonly ChangeSets _sets;

    public ChangeSetsTests() => _sets = new(_versions);

    [Fact]
    public void The_steps_lead_from_a_version_that_is_kept_to_the_newest()
    {
        var first = Publish(1, Complete("a"));
        Publish(2, Complete("b a"));
        var newest = Publish(3, Complete("b:new a"));

        var one = _sets.After(first);
        var two = _sets.After(one.Changes!.Version);

        Encoding.UTF8.GetString(one.Changes.Items.Span).ShouldContain("\"created\"");
        Encoding.UTF8.GetString(two.Changes!.Items.Span).ShouldContain("\"updated\"");
        two.Changes.Version.ShouldBe(newest);
        _sets.After(newest).ShouldBe(ChangeStep.None);
    }

    [Fact]
    public void A_version_that_is_not_kept_leads_nowhere()
    {
        Publish(1, Complete("a"));

        _sets.After(new(1, 1, 99)).ShouldBe(ChangeStep.Reset);
        _sets.After(new(1, 2, 2)).ShouldBe(ChangeStep.Reset);
        _sets.After(new(2, 1, 1)).ShouldBe(ChangeStep.Reset);
    }

    [Fact]
    public void A_list_that_is_not_complete_leads_nowhere_and_nothing_leads_from_it_to_the_complete_one()
    {
        var building = Publish(1, Roll.Unknown.Taking(Response("d c")));
        _sets.After(building).ShouldBe(ChangeStep.Reset);

        Publish(2, Complete("d c b a"));

        _sets.After(building).ShouldBe(ChangeStep.Reset);
    }

    [Fact]
    public void All_readers_share_one_object()
    {
        var first = Publish(1, Complete("a"));
        Publish(2, Complete("b a"));

        _sets.After(first).Changes.ShouldBeSameAs(_sets.After(first).Changes);
    }

    [Fact]
    public void Prepared_changes_are_computed_before_a_reader_asks()
    {
        var first = Publish(1, Complete("a"));
        _sets.Prepare();
        Publish(2, Complete("b a"));
        Publish(3, Complete("c b a"));

        _sets.Prepare();

        _sets.Count.ShouldBe(2);
        _sets.After(first).Changes.ShouldNotBeNull();
        _sets.Count.ShouldBe(2);
    }

    [Fact]
    public void The_oldest_are_computed_again_when_they_took_too_much_memory()
    {
        var first = Publish(1, Complete("a"));
        for (var number = 2; number <= 6; number++)
        {
            var text = new string('x', 10 * 1024 * 1024);
            var run = Run(number.ToString(CultureInfo.InvariantCulture), text, isFinished: true);
            Publish(number, Roll.Unknown.Taking(new(0, [run], IsShort: true, number, 0)));
        }

        var before = _sets.After(first).Changes!;
        for (var step = _sets.After(first); step.Changes is { } set; step = _sets.After(set.Version))
        {
        }

        _sets.Count.ShouldBeLessThan(5);
        var again = _sets.After(first).Changes!;
        again.ShouldNotBeSameAs(before);
        again.Message.Bytes.Span.SequenceEqual(before.Message.Bytes.Span).ShouldBeTrue();
    }

    private SnapshotVersion Publish(long number, Roll roll)
    {
        var version = ListVersions.Version(number, roll);
        _versions.Publish(version.State);
        return version.Version;
    }
}
