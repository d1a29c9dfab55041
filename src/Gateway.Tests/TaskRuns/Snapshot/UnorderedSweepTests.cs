using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;
using static NclueGateway.Tests.TaskRuns.Snapshot.IntakeExamples;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>Two whole passes over a list whose order changes.</summary>
public sealed class UnorderedSweepTests
{
    private static readonly Roll Known = Complete("c b a");

    private readonly UnorderedSweep _sweep = new();

    [Fact]
    public void The_first_pass_proves_nothing() => Pass("a b").ShouldBeNull();

    [Fact]
    public void A_run_that_two_passes_did_not_meet_is_gone()
    {
        Pass("a b", departure: 10);

        var result = Pass("b a", departure: 20)!;

        result.Gone.ShouldBe(["c"]);
        (result.IsComplete, result.Departure, _sweep.PassedAt).ShouldBe((true, 10, 20));
    }

    [Fact]
    public void A_run_that_one_pass_has_met_may_exist()
    {
        Pass("a b");

        var result = Pass("c b")!;

        (result.Gone.Count, result.IsComplete).ShouldBe((0, false));
    }

    [Fact]
    public void A_run_that_is_newer_than_the_first_pass_need_not_be_met_by_it()
    {
        var roll = Known.Taking(Response("d c b a", isShort: true, departure: 5, since: 5));
        Pass("a b c", since: 1, roll: roll);

        var result = Pass("a b c", since: 1, roll: roll)!;

        (result.Gone.Count, result.IsComplete).ShouldBe((0, true));
    }

    [Fact]
    public void A_pass_reads_window_after_window_until_the_list_ends()
    {
        var window = RowWindow.Of(0, IndexUnit.Row);
        _sweep.Take(0, window, Response("a b"), Known).ShouldBeNull();
        (_sweep.NextNumber, _sweep.IsAtStart).ShouldBe((RowWindow.NumberOf(90), false));

        _sweep.Take(0, window, Response("a b", isShort: true), Known); // another window than the next one
        _sweep.NextNumber.ShouldBe(RowWindow.NumberOf(90));

        _sweep.Take(_sweep.NextNumber, RowWindow.Of(_sweep.NextNumber, IndexUnit.Row), Response("c", 90, isShort: true), Known);
        _sweep.IsAtStart.ShouldBeTrue();
        Pass("a b c")!.Gone.ShouldBeEmpty();
    }

    private SweepResult? Pass(string slots, long departure = 100, long since = 100, Roll? roll = null) =>
        _sweep.Take(0, RowWindow.Of(0, IndexUnit.Row), Response(slots, isShort: true, departure: departure, since: since), roll ?? Known);
}
