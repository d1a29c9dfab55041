using System.Globalization;
using System.Text.Json.Nodes;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Changes;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// The time from a change of the upstream until the message of an event stream, beside a client that polls all pages, by the fake clock.
/// Run by hand: it prints the figures of <c>bench/RESULTS.md</c>.
/// </summary>
public sealed class StreamDetectionTests
{
    private const int Trials = 60;
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(300);
    private static readonly ChangesOptions Changes = new();

    [Theory(Explicit = true)]
    [InlineData(1_000, 1)]
    [InlineData(10_000, 1)]
    [InlineData(10_000, 2)]
    [InlineData(10_000, 5)]
    public void Changes_reach_streams_within_the_bound(int runs, int liveBlocks)
    {
        var world = CreateWorld(runs, liveBlocks, isAsked: true, out var live);
        world.UntilWhole();
        var reader = new SimulatedStreamReader(world.Replicas[0], Changes);
        world.Run(TimeSpan.FromMinutes(2));

        var interval = world.Options.RequestInterval;
        var bound = TimeSpan.FromTicks(Math.Max(Changes.Every.Ticks, (liveBlocks * interval).Ticks)) + interval + Latency;
        var p95s = Measure(
            world, live, $"{runs} runs, live blocks: {liveBlocks}, bound {bound.TotalSeconds:0.0} s, stream", reader.NameOf);

        // Beyond that, sweeps have a quarter of all requests, and the edge goes before other rows: states are later than the bound.
        var isWithinBudget = liveBlocks * interval <= Changes.Every;
        p95s.ShouldAllBe(p95 => !isWithinBudget || p95 <= bound * 1.2);

        reader.Messages.ShouldBeGreaterThanOrEqualTo(2 * Trials);
    }

    [Theory(Explicit = true)]
    [InlineData(1_000, 1)]
    [InlineData(10_000, 1)]
    public void A_client_that_polls_all_pages_sees_changes_later(int runs, int liveBlocks)
    {
        var world = CreateWorld(runs, liveBlocks, isAsked: false, out var live);
        var names = new Dictionary<string, string>();
        var pages = (int)Math.Ceiling(runs / (double)TaskRunRows.Capacity);
        world.Replicas[0].Process.Run(() => _ = PollAsync());
        world.Run(TimeSpan.FromMinutes(5));

        Measure(world, live, $"{runs} runs, all pages polled every {Changes.Every.TotalSeconds:0} s", names.GetValueOrDefault);

        async Task PollAsync()
        {
            var (replica, seen) = (world.Replicas[0], new TaskRunBlock?[pages + 2]);
            while (true)
            {
                var began = world.World.Now;
                for (var page = 0; page <= pages; page++)
                {
                    var request = new PageRequest(page * TaskRunRows.Capacity, TaskRunRows.Capacity);
                    var read = await replica.Reader.ReadAsync(request, new("client", "caller"), CancellationToken.None);
                    if (read is { Refusal: null, Parts.First.Block: { } block } && block != seen[page])
                    {
                        seen[page] = block;
                        Take(block.Rows);
                    }
                    else if (read.Refusal is { } refusal)
                    {
                        await Task.Delay(refusal.RetryAfter ?? TimeSpan.FromSeconds(1), replica.Process.Time);
                    }
                }

                var left = Changes.Every - world.World.Since(began);
                await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1), replica.Process.Time);
            }
        }

        void Take(TaskRunRows rows)
        {
            for (var row = 0; row < rows.Count; row++)
            {
                var run = JsonNode.Parse(rows.Slice(row, row + 1).Span)!;
                names[(string)run["id"]!] = (string)run["name"]!;
            }
        }
    }

    /// <summary>Creates an account with unfinished runs in some blocks, the first one among them.</summary>
    private static SnapshotWorld CreateWorld(int runs, int liveBlocks, bool isAsked, out IReadOnlyList<ModelRun> live)
    {
        var world = new SnapshotWorld(runs, latency: (20, Latency.TotalMilliseconds), isAsked: isAsked);
        live = [.. Enumerable.Range(0, liveBlocks).Select(block => world.Account.Runs[20 + (block * runs / liveBlocks)])];
        foreach (var run in live)
        {
            run.Advance(1, world.World.Now);
        }

        return world;
    }

    /// <summary>Measures new runs and changes of states, and returns the 95th percentiles.</summary>
    private static TimeSpan[] Measure(SnapshotWorld world, IReadOnlyList<ModelRun> live, string reader, Func<string, string?> nameOf)
    {
        return [Measure("new run", () => world.Account.Create(ModelRun.Finished)), Measure("change of a state", Advance)];

        ModelRun Advance()
        {
            var run = live[world.World.Random.Next(live.Count)];
            run.Advance(1 + (run.State % 2), world.World.Now);
            return run;
        }

        TimeSpan Measure(string what, Func<ModelRun> change)
        {
            var (ages, since, arrivals) = (new List<TimeSpan>(), world.World.Now, world.Nclue.Arrivals.Count);
            for (var trial = 0; trial < Trials; trial++)
            {
                world.Run(world.World.Between(10_000, 20_000));
                var run = change();
                ages.Add(world.Until(() => nameOf(run.Id) == run.Version));
            }

            ages.Sort();
            var (p50, p95) = (ages[Trials / 2], ages[(int)(Trials * 0.95)]);
            var rate = (world.Nclue.Arrivals.Count - arrivals) / world.World.Since(since).TotalSeconds;
            Print($"{reader}, {what}: p50 {p50.TotalSeconds:0.0} s, p95 {p95.TotalSeconds:0.0} s, upstream {rate:0.00} requests/s");
            return p95;
        }
    }

    private static void Print(FormattableString line) =>
        TestContext.Current.TestOutputHelper!.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
