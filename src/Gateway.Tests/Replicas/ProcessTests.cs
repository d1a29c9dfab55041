using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NclueGateway.Budget;

namespace NclueGateway.Tests.Replicas;

/// <summary>
/// Three gateway processes on one Redis, as <c>bench/budget.sh</c> runs them, for as long as a test may take. That program measures them:
/// the leftovers of hundreds of other tests would disturb a measurement in this process.
/// </summary>
[Collection("Alone")]
[Trait("Needs", "RealTime")]
public sealed class ProcessTests
{
    [Fact]
    public async Task When_one_is_killed_and_another_added_the_upstream_cannot_tell_them_from_one()
    {
        var seen = await MeasureAsync("kill", 18);

        seen.Ages.ShouldNotBeEmpty();
        seen.Reads.ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public async Task When_redis_stops_and_comes_back_empty_the_upstream_cannot_tell_them_from_one()
    {
        var seen = await MeasureAsync("outage", 27); // Redis stops after a third of it: by then all five blocks were fetched

        seen.Ages.ShouldNotBeEmpty();
        seen.Reads.ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public async Task When_all_start_at_once_and_the_upstream_is_slow_it_is_called_once()
    {
        var seen = await MeasureAsync("cold-slow", 0);

        seen.Calls.ShouldBe(1);
        seen.Notes.ShouldContain(note => note.Contains("200 × 200"));
    }

    /// <summary>Runs every scenario for five minutes, in which each reader reads some 600 pages.</summary>
    [Theory(Explicit = true)]
    [InlineData("steady")]
    [InlineData("slow")]
    [InlineData("kill")]
    [InlineData("outage")]
    [InlineData("rotation")]
    public async Task Over_a_longer_time_the_upstream_cannot_tell_them_from_one(string scenario) =>
        (await MeasureAsync(scenario, 300)).Ages.ShouldNotBeEmpty();

    /// <summary>Runs a scenario in which the budget is kept and no read fails.</summary>
    private static async Task<Measurement> MeasureAsync(string scenario, int seconds)
    {
        var start = new ProcessStartInfo("dotnet", [
            typeof(Measurement).Assembly.Location, seconds.ToString(CultureInfo.InvariantCulture), scenario, "--few", "--json"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, await errors);
        var seen = JsonSerializer.Deserialize<Measurement>(output)!;
        TestContext.Current.TestOutputHelper!.WriteLine(seen.ToString());
        (seen.ClosestArrivals ?? TimeSpan.MaxValue).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
        seen.Throttled.ShouldBe(0);
        seen.Failures.ShouldBeEmpty();
        return seen;
    }
}
