using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>Background requests of one replica beside readers of another, with the coordinator script on a real Redis.</summary>
/// <remarks>The order of permits follows from the priorities alone: the lower one waits so long that it never goes by its delay.</remarks>
[Trait("Needs", "RealTime")]
public sealed class BackgroundTurnTests(TestRedis redis)
{
    private const int Readers = 7;
    private const long Interval = 200;

    [Fact]
    public async Task The_kth_waiting_reader_is_later_by_at_most_a_third_of_k_permits()
    {
        var orders = await Task.WhenAll(Enumerable.Range(0, 4).Select(OrderAsync));

        // One letter for each permit: R for a reader, b for a background request.
        orders.ShouldBe(["RRRbRRRbR", "RRbRRRbRR", "RbRRRbRRR", "bRRRbRRRbR"]);
        foreach (var order in orders)
        {
            var permits = order.Select((kind, n) => (kind, n)).Where(permit => permit.kind == 'R').Select(permit => permit.n + 1).ToArray();
            for (var k = 1; k <= Readers; k++)
            {
                (permits[k - 1] - k).ShouldBeLessThanOrEqualTo((k + 2) / 3, $"reader {k} in {order}");
            }
        }
    }

    /// <summary>Returns the order of permits until all readers have theirs, beginning with the permit after a number.</summary>
    private async Task<string> OrderAsync(int number)
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        PacerReplica reader = new("reader"), background = new("background");
        var look = reader.Claim(0, 0) with { Operation = CoordinatorOperation.Look, Interval = Interval, Class = FetchPriority.None };
        await pacer.Script.RunAsync(look);
        await pacer.Database.HashSetAsync(pacer.Account, [new("number", number), new("last", (int)FetchPriority.Wait)]);
        var (order, waiting, known) = ("", Readers, (long)number);
        for (var call = 0; waiting > 0; call++)
        {
            call.ShouldBeLessThan(OddPacer.MostCalls, order);
            var isTurn = BackgroundTurn.IsNext(known);
            if (await IsGrantedAsync(reader, waiting, FetchPriority.Wait))
            {
                (order, waiting) = (order + "R", waiting - 1);
            }

            if (await IsGrantedAsync(background, RowWindow.NumberOf(call), isTurn ? FetchPriority.Overdue : FetchPriority.Background))
            {
                order += "b";
            }
        }

        return order;

        async Task<bool> IsGrantedAsync(PacerReplica replica, int block, FetchPriority priority)
        {
            var claim = replica.Claim(block, 0) with { Interval = Interval, Grace = 10_000, Class = priority };
            var reply = await pacer.Script.RunAsync(claim);
            known = replica == background ? reply.Number : known;
            return reply.Outcome == CoordinatorOutcome.Granted;
        }
    }
}
