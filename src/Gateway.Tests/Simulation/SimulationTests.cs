using System.Globalization;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// Many random schedules of faults, run by the gateway's real code. A failing seed is printed. With the seed in
/// <c>SIMULATION_SEED</c> only that schedule runs, and it writes a journal. <c>SIMULATION_COUNT</c> sets the number of
/// schedules without and with a snapshot (default 2,000 of each), <c>SIMULATION_SKIP</c> the number of seeds to
/// skip first (default 0).
/// </summary>
public sealed class SimulationTests
{
    private static int Count => ReadNumber("SIMULATION_COUNT") ?? 2_000;

    [Fact]
    public void Whatever_goes_wrong_the_budget_is_kept_and_readers_are_answered_with_the_truth() =>
        RunAll(1, Count * 9 / 10, seed => new RandomSchedule(seed));

    /// <summary>Ten times as many schedules, with other seeds.</summary>
    [Fact(Explicit = true)]
    public void However_many_schedules_run_none_breaks_an_invariant() => RunAll(Count + 1, Count * 10, seed => new RandomSchedule(seed));

    [Fact]
    public void Without_failures_each_read_waits_for_its_turn_and_no_longer() =>
        RunAll(1, Count / 10, seed => new RandomSchedule(seed, isHealthy: true));

    [Fact]
    public void The_snapshot_never_loses_invents_or_reorders_runs() =>
        RunAll(1, Count, seed => new RandomSchedule(seed, hasList: true));

    /// <summary>Schedules in which the invariants once demanded too much.</summary>
    [Theory]
    [InlineData(73_015)] // the first rows were read later than the last ones, with an earlier permit
    [InlineData(98_083)] // a pause was over when it began
    public void No_invariant_demands_more_than_the_gateway_states(int seed) =>
        Should.NotThrow(() => new RandomSchedule(seed, hasList: true).Run());

    [Fact]
    public void It_finds_a_claim_that_is_looked_at_and_granted_in_two_steps() => ShouldBeFound(() => new PacerInTwoSteps());

    [Fact]
    public void It_finds_that_the_lease_was_left_out() => ShouldBeFound(() => new PacerWithoutLeases());

    [Fact]
    public void It_finds_that_the_clock_of_a_replica_was_trusted() => ShouldBeFound(() => new PacerThatTrustsClocks());

    [Fact]
    public void It_finds_that_a_pacer_that_knows_nothing_grants_at_once() => ShouldBeFound(() => new PacerThatForgets());

    [Fact]
    public void It_finds_that_a_response_counts_from_its_arrival_for_what_it_lacks() => ShouldBeFound(new SinceOfResponse(), "I2:");

    [Fact]
    public void It_finds_that_an_entry_of_the_log_was_skipped() => ShouldBeFound(new SkippedEntries());

    [Fact]
    public void It_finds_that_the_age_counts_from_the_arrival_of_a_response() => ShouldBeFound(new AgeFromArrival(), "I8:");

    [Fact]
    public void It_finds_that_a_response_counts_for_the_age_of_a_run_that_it_did_not_hold() => ShouldBeFound(new AgeOfUnheldRuns(), "I8:");

    [Fact]
    public void It_finds_that_removed_ids_were_forgotten() => ShouldBeFound(new ForgottenRemovals(), "I6:");

    [Fact]
    public void It_finds_that_the_chain_of_the_log_was_not_compared() => ShouldBeFound(new ChainNotCompared(), "I4:");

    private static void ShouldBeFound(Func<PacerModel> bug) => ShouldBeFound(Enumerable.Range(1, 300)
        .SelectMany(seed => new[] { new RandomSchedule(seed, pacer: bug), new RandomSchedule(seed, isHealthy: true, bug) }));

    /// <summary>Checks that a bug of the snapshot is found, by an invariant that begins with a text.</summary>
    private static void ShouldBeFound(SnapshotBug bug, string invariant = "") =>
        ShouldBeFound(Enumerable.Range(1, 300).Select(seed => new RandomSchedule(seed, hasList: true, bug: bug)), invariant);

    private static void ShouldBeFound(IEnumerable<RandomSchedule> schedules, string invariant = "")
    {
        var found = schedules.Select(schedule => (schedule.Seed, schedule.IsHealthy, Failure: Try(schedule)))
            .FirstOrDefault(run => run.Failure?.Message.StartsWith(invariant, StringComparison.Ordinal) == true);

        found.Failure.ShouldBeOfType<InvariantException>();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"seed {found.Seed}{(found.IsHealthy ? ", healthy" : "")}: {found.Failure.Message}");
    }

    private static void RunAll(int first, int count, Func<int, RandomSchedule> create)
    {
        var only = ReadNumber("SIMULATION_SEED");
        var seeds = only is { } seed ? [seed] : Enumerable.Range(first + (ReadNumber("SIMULATION_SKIP") ?? 0), count);
        var failures = seeds.AsParallel()
            .Select(seed => (Seed: seed, Failure: Try(Journalled(create(seed), only is not null))))
            .Where(run => run.Failure is not null)
            .OrderBy(run => run.Seed).ToList();

        failures.Take(5).Select(run => $"SIMULATION_SEED={run.Seed}: {run.Failure!.Message}")
            .ShouldBeEmpty($"{failures.Count} of {count} schedules failed.");
    }

    private static int? ReadNumber(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;

    private static RandomSchedule Journalled(RandomSchedule schedule, bool isRead)
    {
        schedule.World.Journal = isRead ? TestContext.Current.TestOutputHelper!.WriteLine : null;
        return schedule;
    }

    private static Exception? Try(RandomSchedule schedule)
    {
        try
        {
            schedule.Run();
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }
}
