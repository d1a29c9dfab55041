using System.Net;
using CsCheck;
using NclueGateway.Access.Callers;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Mirror;

public sealed class OrderOfWorkTests
{
    [Fact]
    public async Task A_caller_waits_for_so_many_blocks_at_a_time_and_no_more()
    {
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 2_000 }, new Dictionary<string, string?> { ["Cache:WaitFor"] = "00:00:30" });
        await gateway.ReadAsync(); // uses the available permit, and provides the length of the list
        using var greedy = gateway.CreateClient("greedy");

        var waits = Enumerable.Range(1, 4).Select(n => GatewayHost.ReadAsync(greedy, 100 * n)).ToList();
        await gateway.UntilWaitingAsync(4);
        var fifth = await GatewayHost.ReadAsync(greedy, 500);
        var sameAgain = GatewayHost.ReadAsync(greedy, 410);
        var other = gateway.ReadAsync(500);
        var pages = await gateway.LetDepartUntilAsync(Task.WhenAll(waits.Append(sameAgain)));

        fifth.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        fifth.Problem.ShouldBe("/problems/caller-quota");
        int.Parse(fifth.Headers["Retry-After"]).ShouldBeInRange(1, 10);
        pages.Select(page => page.Runs[0]).ShouldBe([100, 200, 300, 400, 410]);
        // Its turn comes after the first of the greedy caller's blocks.
        (await gateway.LetDepartUntilAsync(other)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Whoever_could_only_wait_in_vain_is_told_at_once_and_finds_its_page_when_it_comes_back()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 2_000 });
        await gateway.ReadAsync();
        var waits = new List<Task<PageResponse>>();
        for (var n = 1; n <= 4; n++)
        {
            waits.Add(GatewayHost.ReadAsync(gateway.CreateClient($"reader-{n}"), 100 * n));
            await gateway.UntilWaitingAsync(n);
        }

        using var late = gateway.CreateClient("late");
        var told = await GatewayHost.ReadAsync(late, 900); // the fifth departure from now is later than Cache:WaitFor

        told.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        told.Problem.ShouldBe("/problems/upstream-busy");
        told.Headers["Retry-After"].ShouldBe("6");
        await gateway.LetDepartUntilAsync(Task.WhenAll(waits));
        await gateway.LetDepartUntilAsync(gateway.Nclue.WaitForArrivalsAsync(6, TestContext.Current.CancellationToken));
        await gateway.UntilNoneInFlightAsync();

        (await GatewayHost.ReadAsync(late, 900)).Runs[0].ShouldBe(900);
        gateway.Nclue.Arrivals.Select(a => a.Index).ShouldContain(900L);
    }

    [Fact]
    public async Task A_scan_of_a_thousand_blocks_does_not_starve_the_blocks_in_use()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 100_000 });
        await gateway.ReadAsync();
        using var scanner = gateway.CreateClient("scanner");
        var oldest = 0;
        var scanned = 0;

        // The scanner always has the maximum number of requests waiting; another caller reads the first page four times
        // a second.
        var scans = new List<Task<PageResponse>>();
        var next = 1;
        for (var step = 0; step < 600; step++)
        {
            scanned += scans.RemoveAll(scan => scan.IsCompletedSuccessfully && scan.Result.Status == HttpStatusCode.OK);
            scans.RemoveAll(scan => scan.IsCompleted);
            while (scans.Count < 4)
            {
                scans.Add(GatewayHost.ReadAsync(scanner, 100 * next++));
            }

            gateway.Clock.Advance(TimeSpan.FromMilliseconds(250));
            var page = await gateway.ReadAsync();
            page.Status.ShouldBe(HttpStatusCode.OK);
            oldest = Math.Max(oldest, page.Age);
            await gateway.UntilNoneInFlightAsync();
        }

        oldest.ShouldBeLessThanOrEqualTo(40);
        scanned.ShouldBeGreaterThan(50);
        gateway.Clock.Advance(TimeSpan.FromSeconds(10));
        await Task.WhenAll(scans);
    }

    [Fact]
    public void Callers_take_turns_however_many_blocks_each_waits_for()
    {
        Gen.Int[0, 5].Select(Gen.Int[0, 30]).List[1, 60].Sample(waits =>
        {
            var queue = new FairQueue();
            foreach (var (caller, block) in waits)
            {
                queue.Add(Caller(caller), block, 0);
            }

            var asked = new HashSet<int>();
            var firstWait = waits.GroupBy(w => Caller(w.Item1)).ToDictionary(g => g.Key, g => g.First().Item2);
            var callers = firstWait.Count;
            for (var turn = 0; queue.Next(b => !asked.Contains(b)) is var (caller, block, _); turn++)
            {
                asked.Add(block);
                queue.Served(caller, 0);
                firstWait.Where(w => asked.Contains(w.Value)).ToList().ForEach(w => firstWait.Remove(w.Key));

                // After one turn of each caller, the block that a caller has waited for longest has been fetched.
                if (turn + 1 >= callers && firstWait.Count > 0)
                {
                    return false;
                }
            }

            return asked.SetEquals(waits.Select(w => w.Item2));
        });
    }

    [Fact]
    public void The_order_that_is_foretold_is_the_order_that_is_served()
    {
        Gen.Int[0, 5].Select(Gen.Int[0, 30]).List[1, 60].Sample(waits =>
        {
            var queue = new FairQueue();
            foreach (var (caller, block) in waits)
            {
                queue.Add(Caller(caller), block, 0);
            }

            var foretold = queue.InOrder(_ => true).Distinct().First();
            return queue.Next(_ => true)!.Value.Block == foretold;
        });
    }

    [Fact]
    public async Task Replicas_that_share_nothing_divide_the_budget_and_say_so_once()
    {
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 500 }, new Dictionary<string, string?> { ["Nclue:ReplicaCount"] = "3" });
        await gateway.ReadAsync();
        var second = gateway.ReadAsync(100);
        await gateway.UntilWaitingAsync(1);

        gateway.Clock.Advance(TimeSpan.FromSeconds(3.1));
        await gateway.ReadAsync();
        gateway.Nclue.Arrivals.Count.ShouldBe(1);
        await gateway.LetDepartUntilAsync(second);

        gateway.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= TimeSpan.FromSeconds(3.15));
        gateway.Logs.GetSnapshot().Count(line => line.Message.Contains("Nclue:ReplicaCount = 3", StringComparison.Ordinal)).ShouldBe(1);
    }

    private static CallerKey Caller(int number) => new("client", $"caller-{number}");
}
