using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

public sealed class FallbackScheduleTests
{
    private const long Interval = 1_050;

    [Fact]
    public void Requests_of_neighbours_are_an_interval_apart_wherever_in_their_slots_they_are()
    {
        var cycles = Enumerable.Range(0, 3).Select(slot => new FallbackSchedule(slot, 3, Interval)).ToArray();
        var departures = new List<(long At, int Slot)>();
        for (var now = 0L; now < 20_000; now++)
        {
            departures.AddRange(cycles.Where(cycle => cycle.UntilOpen(now, now) == 0).Select(cycle => (now, cycle.Slot)));
        }

        departures.Select(permit => permit.Slot).Distinct().ShouldBe([0, 1, 2]);
        departures.Zip(departures.Skip(1)).Where(pair => pair.First.Slot != pair.Second.Slot)
            .ShouldAllBe(pair => pair.Second.At - pair.First.At >= Interval);
    }

    [Fact]
    public void A_replica_that_does_not_know_the_time_well_enough_sends_nothing()
    {
        var cycle = new FallbackSchedule(0, 3, Interval);

        cycle.UntilOpen(0, 99).ShouldBe(0);
        cycle.UntilOpen(0, 100).ShouldBeNull();
        cycle.UntilOpen(60, 100).ShouldBe((3 * 1_150) - 60); // part of the uncertainty is outside
    }

    [Theory]
    [InlineData(0, 2, 3, 6)]
    [InlineData(1, 3, 2, 6)]
    [InlineData(1, 4, 2, 4)]
    public void Until_a_change_is_settled_a_replica_sends_only_where_both_cycles_let_it(int slot, int previous, int now, int length)
    {
        FallbackSchedule.Of(Reply(slot, previous, now, changedAgo: 10), settle: 4_200, Interval)
            .ShouldBe(new FallbackSchedule(slot, length, Interval));
        FallbackSchedule.Of(Reply(slot, previous, now, changedAgo: 4_200), settle: 4_200, Interval)
            .ShouldBe(new FallbackSchedule(slot, now, Interval));
    }

    [Fact]
    public void Until_a_change_is_settled_a_slot_that_it_has_brought_is_closed() =>
        FallbackSchedule.Of(Reply(slot: 2, previous: 2, cycle: 3, changedAgo: 10), settle: 4_200, Interval).ShouldBeNull();

    private static CoordinatorResponse Reply(int slot, int previous, int cycle, long changedAgo) =>
        ScriptedPacer.Nothing with { Slot = slot, Cycle = cycle, PreviousCycle = previous, Now = 50_000, CycledAt = 50_000 - changedAgo };
}
