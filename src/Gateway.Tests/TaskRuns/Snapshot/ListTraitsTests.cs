using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.Tests.TaskRuns.Snapshot.IntakeExamples;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>What responses show about the list as a whole.</summary>
public sealed class ListTraitsTests
{
    private static readonly Roll Known = NewestFirst(Complete("f e d c b a"));

    [Fact]
    public void The_order_is_learned_from_times_of_creation()
    {
        var traits = ListTraits.Unknown.With(Reading(ListOrder.NewestFirst), Known);
        traits.Order.ShouldBe(ListOrder.NewestFirst);

        traits.With(Reading(ListOrder.Unknown), Known).Order.ShouldBe(ListOrder.NewestFirst);
        traits.With(Reading(ListOrder.OldestFirst), Known).Order.ShouldBe(ListOrder.Unknown); // it was a coincidence
    }

    [Theory]
    [InlineData(2, 0, false)]
    [InlineData(3, 0, true)]
    [InlineData(2, 18, false)] // the third one comes 20 responses after the first
    [InlineData(2, 17, true)]
    public void Three_disordered_responses_of_twenty_make_a_list_unordered(int disordered, int orderedAfterwards, bool isUnordered)
    {
        var traits = ListTraits.Unknown;
        for (var count = 0; count < disordered; count++)
        {
            traits = traits.With(Reading(isDisordered: true), Known);
        }

        for (var count = 0; count < orderedAfterwards; count++)
        {
            traits = traits.With(Reading(), Known);
        }

        traits = orderedAfterwards > 0 ? traits.With(Reading(isDisordered: true), Known) : traits;
        (traits.Order == ListOrder.Unordered).ShouldBe(isUnordered);
        traits.With(Reading(ListOrder.NewestFirst), Known).Order.ShouldBe(isUnordered ? ListOrder.Unordered : ListOrder.NewestFirst);
    }

    [Fact]
    public void A_total_that_fits_is_the_number_of_runs_that_is_expected()
    {
        var traits = Known.Taking(Response("f e d") with { Total = 6 }).Traits;

        (traits.ExpectedTotal, traits.MiscountedSince).ShouldBe((6, null));
    }

    [Fact]
    public void Runs_that_are_newer_than_the_request_may_be_counted_or_not()
    {
        var roll = Known.Taking(Response("g f e", departure: 101, since: 101)); // as version 2

        roll.Taking(Response("f e d", departure: 102, since: 1) with { Total = 6 }).Traits.MiscountedSince.ShouldBeNull();
        roll.Taking(Response("f e d", departure: 102, since: 1) with { Total = 7 }).Traits.MiscountedSince.ShouldBeNull();
        roll.Taking(Response("g f e", departure: 102, since: 2) with { Total = 6 }).Traits.MiscountedSince.ShouldBe(102);
    }

    [Fact]
    public void A_total_that_does_not_fit_is_remembered_since_its_first_response_until_one_fits()
    {
        var roll = Known
            .Taking(Response("f e d", departure: 101) with { Total = 5 })
            .Taking(Response("f e d", departure: 102) with { Total = 5 });
        roll.Traits.MiscountedSince.ShouldBe(101);

        roll.Taking(Response("f e d", departure: 103) with { Total = 6 }).Traits.MiscountedSince.ShouldBeNull();
    }

    [Fact]
    public void A_total_that_does_not_fit_after_all_rows_were_read_counts_something_else()
    {
        var roll = Known
            .Taking(Response("f e d", departure: 101) with { Total = 3 })
            .Taking(Response("d c b", firstRow: 2, departure: 102) with { Total = 3 });
        roll.Traits.TotalCounts.ShouldBeTrue();

        roll = roll.Taking(Response("c b a", firstRow: 3, departure: 103) with { Total = 3 });

        (roll.Traits.TotalCounts, roll.Traits.ExpectedTotal, roll.Traits.MiscountedSince).ShouldBe((false, null, null));
    }

    [Theory]
    [InlineData(14, true)] // runs may be created between the count and the rows
    [InlineData(13, false)]
    public void A_total_that_is_less_than_the_rows_that_are_shown_counts_something_else(int total, bool counts)
    {
        var roll = Known.Taking(Response("d c b a", firstRow: 20) with { Total = total });

        roll.Traits.TotalCounts.ShouldBe(counts);
        roll.Taking(Response("f e d", departure: 101) with { Total = 3 }).Traits.MiscountedSince.ShouldBe(counts ? 101 : null);
    }

    [Fact]
    public void A_window_behind_the_end_of_the_list_disproves_no_total() =>
        Known.Taking(Response("c b a", firstRow: 3)).Apply(
            new(RollReading.Of(Response("", firstRow: 30, isShort: true) with { Total = 6 }, [], _ => true, false, false), Change: null), 2)
            .Traits.TotalCounts.ShouldBeTrue();

    [Fact]
    public void A_total_that_changes_while_all_rows_are_read_still_counts_the_runs()
    {
        var roll = Known
            .Taking(Response("f e d", departure: 101) with { Total = 5 }) // a run was deleted
            .Taking(Response("d c b", firstRow: 2, departure: 102) with { Total = 5 })
            .Taking(Response("c b a", firstRow: 3, departure: 103) with { Total = 4 }); // and another one

        (roll.Traits.TotalCounts, roll.Traits.ExpectedTotal, roll.Traits.MiscountedSince).ShouldBe((true, 4, 103));
    }

    [Fact]
    public void The_end_of_the_list_counts_its_rows_whatever_the_total_is() =>
        Known.Taking(Response("c b a", firstRow: 3, isShort: true) with { Total = 3 }).Traits.ExpectedTotal.ShouldBe(6);

    [Theory]
    [InlineData(nameof(ListOrder.NewestFirst), 20)]
    [InlineData(nameof(ListOrder.OldestFirst), 10)]
    [InlineData(nameof(ListOrder.Unknown), 10)]
    public void The_age_of_the_edge_is_that_of_the_end_where_new_runs_appear(string order, long expected) =>
        (ListTraits.Unknown with { HeadReadAt = 20, EndReadAt = 10, Order = Enum.Parse<ListOrder>(order) }).EdgeReadAt.ShouldBe(expected);

    private static RollReading Reading(ListOrder order = ListOrder.Unknown, bool isDisordered = false) =>
        new(100, 100, IsHead: false, IsEnd: false, Held: [], Order: order, IsDisordered: isDisordered);

    private static Roll NewestFirst(Roll roll) => new(
        RollEntries.Of(roll.From(0)), roll.Version, roll.HasGapAtHead, roll.Removed, roll.Traits with { Order = ListOrder.NewestFirst });
}
