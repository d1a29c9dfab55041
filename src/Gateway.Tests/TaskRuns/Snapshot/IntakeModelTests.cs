using System.Globalization;
using NclueGateway.Tests.Simulation;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>
/// Random schedules of a list that changes while it is read. A failing seed is printed; with it in <c>INTAKE_SEED</c> only that
/// schedule runs. <c>INTAKE_COUNT</c> sets the number of schedules.
/// </summary>
public sealed class IntakeModelTests
{
    private static int Count => Number("INTAKE_COUNT") ?? 2_000;

    [Fact]
    public void No_schedule_loses_invents_or_reorders_runs() => Failures(IntakeFault.None, Count).ShouldBeEmpty();

    /// <summary>Each fault is found within the number of schedules that stands beside it.</summary>
    [Theory]
    [InlineData(nameof(IntakeFault.WindowsWithoutOverlap), 100)]
    [InlineData(nameof(IntakeFault.ForgottenGap), 100)]
    [InlineData(nameof(IntakeFault.ForgottenRemoval), 100)]
    [InlineData(nameof(IntakeFault.StampedTooEarly), 100)]
    [InlineData(nameof(IntakeFault.ShortAfterLeavingOut), 100)]
    [InlineData(nameof(IntakeFault.HoleIsAbsence), 100)]
    [InlineData(nameof(IntakeFault.HeadWithoutGuard), 100)]
    [InlineData(nameof(IntakeFault.ChangeOfAnotherVersion), 100)]
    public void A_planted_fault_is_found(string fault, int schedules)
    {
        var found = Failures(Enum.Parse<IntakeFault>(fault), schedules);

        found.ShouldNotBeEmpty();
        TestContext.Current.TestOutputHelper!.WriteLine($"{found.Count} of {schedules}; {found[0]}");
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static List<string> Failures(IntakeFault fault, int count) =>
    [
        .. (Number("INTAKE_SEED") is { } only ? [only] : Enumerable.Range(1, count)).AsParallel()
            .Select(seed => (Seed: seed, Failure: Try(new IntakeModel(seed, fault))))
            .Where(run => run.Failure is not null)
            .OrderBy(run => run.Seed)
            .Select(run => $"INTAKE_SEED={run.Seed}: {run.Failure}"),
    ];

    private static string? Try(IntakeModel model)
    {
        try
        {
            model.Run();
            return null;
        }
        catch (Exception failure) when (failure is InvariantException or InvalidOperationException)
        {
            return Number("INTAKE_SEED") is null ? failure.Message : failure.ToString();
        }
    }
}
