using NclueGateway.Budget;

namespace NclueGateway.Tests.Replicas;

/// <summary>Three gateway processes on one Redis, as <c>bench/budget.sh</c> runs them, for as long as a test may take.</summary>
[Collection("RealTime")]
public sealed class ProcessTests
{
    [Theory]
    [InlineData("kill", 24)]
    [InlineData("outage", 30)]
    [InlineData("cold-slow", 0)]
    public async Task The_upstream_cannot_tell_them_from_one(string scenario, int seconds)
    {
        var seen = await Scenarios.All[scenario](TimeSpan.FromSeconds(seconds));

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
}
