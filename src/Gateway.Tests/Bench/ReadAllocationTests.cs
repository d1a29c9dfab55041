using Microsoft.AspNetCore.Http;
using NclueGateway.Micro;

namespace NclueGateway.Tests.Bench;

/// <summary>The allocations of a read from memory.</summary>
[Collection("Alone")] // the listeners would also measure tests that run at the same time
public sealed class ReadAllocationTests(TwoCallers callers) : IClassFixture<TwoCallers>
{
    /// <summary>
    /// Maximum number of bytes that the gateway allocates for a read on the request thread, beyond an application that
    /// only sends the same response. Measured (3,100) and rounded up. A test may run code that is not optimised yet,
    /// which allocates some bytes more than bench/micro.sh reports.
    /// </summary>
    private const int MostBeyondBare = 3_600;

    /// <summary>The maximum with the audit on, with Serilog's event that another thread writes (measured: 4,860).</summary>
    private const int MostBeyondBareAudited = 5_500;

    /// <summary>
    /// Reads after which the code is optimised, if that is needed. Twice as many stay below the rate limits of two
    /// callers.
    /// </summary>
    private const int MostRounds = 900;

    [Theory]
    [InlineData(false, MostBeyondBare)]
    [InlineData(true, MostBeyondBareAudited)]
    public async Task A_read_allocates_no_more_than_it_must(bool hasAudit, int most)
    {
        var surroundings = callers.Surroundings;
        var (page, unchanged) = await RecordedResponse.OfGatewayAsync(surroundings);

        var bare = await MeasureAsync(Measured.BareAsync(page, unchanged, inMemory: true));
        var gateway = await MeasureAsync(Measured.GatewayAsync(surroundings, hasAudit, inMemory: true));
        TestContext.Current.TestOutputHelper!.WriteLine($"bare {bare}, gateway {gateway}");

        bare.Page.ShouldBe(0); // otherwise the client itself would allocate
        bare.Unchanged.ShouldBe(0);
        gateway.Page.ShouldBeLessThanOrEqualTo(most);
        gateway.Unchanged.ShouldBeLessThanOrEqualTo(most);

        async Task<(double Page, double Unchanged)> MeasureAsync(Task<Measured> starting)
        {
            await using var measured = await starting;
            await measured.Connection.SendAsync(Page.Request(surroundings.Tokens[0])); // the gateway fetches the block
            return (
                Least(new(measured, surroundings.Tokens, StatusCodes.Status200OK, page.Body.Length), most),
                Least(new(measured, surroundings.Tokens, StatusCodes.Status304NotModified, 0, page.Tag), most));
        }
    }

    [Fact]
    public async Task What_a_read_allocates_over_Kestrel_is_counted_with_the_event_of_the_audit()
    {
        var (page, unchanged) = await KestrelAllocations.MeasureAsync(callers.Surroundings, requests: 500, rounds: 5);

        page.Audited.ShouldBeGreaterThan(page.Bare);
        unchanged.Audited.ShouldBeGreaterThan(unchanged.Bare);
        page.Bare.ShouldBeGreaterThanOrEqualTo(0);
    }

    /// <summary>
    /// Returns the bytes allocated for each of 100 reads: the minimum of many runs, because counters allocate now and
    /// then, and so does code before its final compilation.
    /// </summary>
    private static double Least(Requests requests, int most)
    {
        var least = double.MaxValue;
        for (var round = 0; round < 50 || (least > most && round < MostRounds); round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                requests.SendOne();
            }

            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / 100.0);
        }

        return least;
    }
}
