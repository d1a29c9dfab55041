using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NclueGateway.Budget;

namespace NclueGateway.Tests.Replicas;

/// <summary>
/// Three gateway processes on one Redis, as <c>bench/budget.sh</c> runs them, for as long as a test may take. Measured by that program: what
/// hundreds of other tests have left in this process would stop the watch.
/// </summary>
[Collection("RealTime")]
public sealed class ProcessTests
{
    [Theory]
    [InlineData("kill", 24)]
    [InlineData("outage", 30)]
    [InlineData("cold-slow", 0)]
    public async Task The_upstream_cannot_tell_them_from_one(string scenario, int seconds)
    {
        var seen = await MeasureAsync(scenario, seconds);

        TestContext.Current.TestOutputHelper!.WriteLine(seen.ToString());
        (seen.ClosestArrivals ?? TimeSpan.MaxValue).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
        seen.Throttled.ShouldBe(0);
        seen.Failures.ShouldBeEmpty();
        if (scenario == "cold-slow")
        {
            seen.Calls.ShouldBe(1);
            seen.Notes.ShouldContain(note => note.Contains("200 × 200"));
        }
        else
        {
            seen.Ages.ShouldNotBeEmpty();
            seen.Reads.ShouldBeGreaterThan(1_000);
        }
    }

    private static async Task<Measurement> MeasureAsync(string scenario, int seconds)
    {
        var start = new ProcessStartInfo("dotnet", [
            typeof(Measurement).Assembly.Location, seconds.ToString(CultureInfo.InvariantCulture), scenario, "--json"])
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
        return JsonSerializer.Deserialize<Measurement>(output)!;
    }
}
