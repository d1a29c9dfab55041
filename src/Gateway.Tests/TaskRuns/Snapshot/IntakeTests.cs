using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.Tests.TaskRuns.Snapshot.IntakeExamples;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>The rules of intake, one by one. <see cref="IntakeModelTests"/> has the schedules that need them.</summary>
public sealed class IntakeTests
{
    [Fact]
    public void The_first_response_is_a_head_with_a_gap_behind_it()
    {
        var roll = Roll.Unknown.Taking(Response("c b a", since: 0));

        roll.Text().ShouldBe("c b a |");
        roll.IsComplete.ShouldBeFalse();
    }

    [Theory]
    [InlineData("c b a")]
    [InlineData("")]
    public void A_short_response_from_row_0_is_the_whole_list(string ids)
    {
        var roll = Roll.Unknown.Taking(Response(ids, isShort: true, since: 0));

        roll.Text().ShouldBe(ids);
        roll.IsComplete.ShouldBeTrue();
    }

    [Theory]
    [InlineData("e d c b", 0, false, "e d c b a")] // new ones before the first known one
    [InlineData("a n", 2, true, "c b a n")] // behind the last known one, at the end
    [InlineData("c n b", 0, false, "c n b a")] // between two known ones
    [InlineData("b a n", 1, false, "c b a n |")] // more may follow
    [InlineData("n b", 1, false, "c | n b a")] // more may stand before
    [InlineData("c b a", 0, true, "c b a")]
    public void New_runs_get_their_place(string slots, int firstRow, bool isShort, string expected) =>
        Complete("c b a").Taking(Response(slots, firstRow, isShort)).Text().ShouldBe(expected);

    [Theory]
    [InlineData("c a", 0, false, "c a")] // between two known ones
    [InlineData("b a", 0, false, "b a")] // before the first known one at row 0
    [InlineData("c b", 0, true, "c b")] // behind the last known one of a short response
    [InlineData("b a", 1, false, "c b a")] // not covered: before the first known one at another row
    [InlineData("c b", 0, false, "c b a")] // not covered: behind the last known one
    [InlineData("", 0, true, "")] // nothing is left
    public void A_run_is_gone_where_the_response_has_all_runs(string slots, int firstRow, bool isShort, string expected) =>
        Complete("c b a").Taking(Response(slots, firstRow, isShort)).Text().ShouldBe(expected);

    [Fact]
    public void A_run_that_was_first_held_after_the_request_was_permitted_stays()
    {
        var roll = Complete("b a").Taking(Response("c b a", departure: 2, since: 1));

        var (_, change) = Take(roll, Response("b a", departure: 3, since: 1));

        change.ShouldNotBeNull();
        roll.Apply(change).Text().ShouldBe("c | b a", "others may have been created between it and the response");
        roll.Taking(Response("b a", departure: 4, since: 2)).Text().ShouldBe("b a");
    }

    [Fact]
    public void A_hole_may_be_any_run_between_its_neighbours()
    {
        Complete("d c b a").Taking(Response("d ? a")).Text().ShouldBe("d c b a");
        Complete("b a").Taking(Response("d ? a")).Text().ShouldBe("d b a", "the hole is where b stands, or b is gone");
        Complete("b a").Taking(Response("? d a")).Text().ShouldBe("b d a");
    }

    [Fact]
    public void New_runs_between_two_holes_have_no_place_while_a_known_one_may_be_either() =>
        Take(Complete("b a"), Response("? d ? a")).ShouldBe((IntakeOutcome.Disordered, null));

    [Fact]
    public void A_run_that_was_removed_after_the_request_was_permitted_is_left_out_and_a_later_response_brings_it_back()
    {
        var roll = Complete("c b a").Taking(Response("c a", departure: 2, since: 1)); // version 2 removes b

        roll.Taking(Response("c b a", departure: 1, since: 1)).Text().ShouldBe("c a");
        roll.Taking(Response("c b a", departure: 3, since: 2)).Text().ShouldBe("c b a");
    }

    [Theory]
    [InlineData("x y", 5, false)] // no known run, and not the head
    [InlineData("", 5, true)]
    [InlineData("?", 0, true)] // the hole may be any run
    public void A_response_without_a_place_is_refused(string slots, int firstRow, bool isShort) =>
        Take(Complete("b a"), Response(slots, firstRow, isShort)).ShouldBe((IntakeOutcome.Refused, null));

    [Fact]
    public void A_head_of_unknown_runs_is_refused_while_the_roll_holds_newer_ones()
    {
        var roll = Complete("a").Taking(Response("b a", departure: 2, since: 1));

        Take(roll, Response("y x", departure: 3, since: 1)).ShouldBe((IntakeOutcome.Refused, null));
        roll.Taking(Response("y x", departure: 3, since: 2)).Text().ShouldBe("y x | b a");
    }

    [Fact]
    public void A_response_whose_runs_were_all_removed_meanwhile_is_refused()
    {
        var roll = Complete("b a").Taking(Response("d c", isShort: true, departure: 3, since: 1));

        Take(roll, Response("b a", isShort: true, departure: 2, since: 1)).ShouldBe((IntakeOutcome.Refused, null));
    }

    [Fact]
    public void Runs_in_another_order_change_places_and_nothing_is_placed_or_removed()
    {
        var (outcome, change) = Take(Complete("c b a"), Response("n b:2 c a"));

        outcome.ShouldBe(IntakeOutcome.Disordered);
        Complete("c b a").Apply(change.ShouldNotBeNull()).Text().ShouldBe("b:2 c a");
    }

    [Fact]
    public void The_value_of_the_later_departure_wins()
    {
        var roll = Complete("a:1").Taking(Response("a:2", departure: 5, since: 1));

        Take(roll, Response("a:1", departure: 4, since: 1)).ShouldBe((IntakeOutcome.Placed, null));
        roll.Taking(Response("a:3", departure: 6, since: 1)).Text().ShouldBe("a:3");
    }

    [Fact]
    public void A_request_that_was_permitted_after_a_value_was_seen_brings_a_newer_one_although_the_clock_was_set_back()
    {
        var roll = Complete("a:1").Taking(Response("a:2", departure: 5_000, since: 1)); // version 2

        roll.Taking(Response("a:3", departure: 4, since: 2)).Text().ShouldBe("a:3");
    }

    [Fact]
    public void A_finished_run_is_unfinished_again_only_by_a_request_that_was_permitted_afterwards()
    {
        var roll = Complete("a:1").Taking(Response("a:done", departure: 5, since: 1)); // version 2

        Take(roll, Response("a:1", departure: 6, since: 1)).ShouldBe((IntakeOutcome.Placed, null));
        roll.Taking(Response("a:done2", departure: 6, since: 1)).Text().ShouldBe("a:done2");
        roll.Taking(Response("a:1", departure: 6, since: 2)).Text().ShouldBe("a:1");
    }

    [Fact]
    public void Most_of_many_runs_are_removed_only_when_a_second_response_agrees()
    {
        var roll = Complete(string.Join(' ', Enumerable.Range(0, 100)));
        var foreign = Response("0 99", isShort: true);

        Take(roll, foreign).ShouldBe((IntakeOutcome.Unconfirmed, null));
        var (outcome, change) = Take(roll, foreign, isConfirmed: true);
        outcome.ShouldBe(IntakeOutcome.Placed);
        roll.Apply(change!).Text().ShouldBe("0 99");
    }

    [Fact]
    public void A_response_that_changes_nothing_has_no_effects() =>
        Take(Complete("c b a"), Response("c b a")).ShouldBe((IntakeOutcome.Placed, null));

    [Fact]
    public void A_splice_names_no_more_than_what_changes()
    {
        var (_, change) = Take(Complete("e d c b a"), Response("e d n c b a"));

        change!.Splice!.Left.ShouldBe("d");
        change.Splice.Between.ShouldBe([new("n", false)]);
        change.Splice.Right.ShouldBe("c");
        change.Rows.Select(run => run.Id).ShouldBe(["n"]);
    }
}
