using System.Globalization;
using NclueGateway.Access.Callers;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// Replicas with an empty cache, and readers at all of them that need the same blocks at the same moment, with default
/// settings.
/// </summary>
public sealed class ColdReplicasTests
{
    private const int Blocks = 5;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void No_reader_is_sent_away_from_a_block_that_comes_in_time(int replicas)
    {
        var refusals = Enumerable.Range(1, 50).SelectMany(seed => Run(seed, replicas)).ToList();

        refusals.ShouldBeEmpty($"{refusals.Count} of {50 * replicas * Blocks} readers were sent away.");
    }

    /// <summary>Has one reader request each block at each replica.</summary>
    /// <returns>A line for each reader that did not get the page.</returns>
    private static List<string> Run(int seed, int replicas)
    {
        var world = new World(seed);
        var options = new NclueOptions { ReplicaCount = replicas, AccessKey = "a", SecretKey = "s" };
        var cache = new CacheOptions();
        var nclue = new ModelNclue(world, Blocks, (5, 30)) { Connect = (1, 5), FirstArrival = 2 };
        // One connection: calls keep their order.
        var redis = new ModelRedis(world, () => new PacerModel()) { Latency = (0.5, 0.7) };
        var all = Enumerable.Range(0, replicas)
            .Select(number => new SimulatedReplica(world, redis, nclue, options, cache, number)).ToList();
        // The replicas know each other, and a request may be sent.
        world.RunUntil(world.Now + TimeSpan.FromSeconds(10).Ticks);

        var seen = new List<string>();
        var served = 0;
        foreach (var (replica, block) in all
            .SelectMany(replica => Enumerable.Range(0, Blocks).Select(block => (replica, block)))
            .OrderBy(_ => world.Random.Next()))
        {
            world.After(world.Between(0, 20), () => replica.Process.Run(() => _ = ReadAsync(replica, block)));
        }

        world.RunUntil(world.Now + TimeSpan.FromSeconds(10).Ticks);
        all.ForEach(replica => replica.Process.Kill());
        world.Failure.ShouldBeNull();
        nclue.Arrivals.Count.ShouldBe(Blocks);
        served.ShouldBe(replicas * Blocks);
        return seen;

        async Task ReadAsync(SimulatedReplica replica, int block)
        {
            var since = world.Now;
            var caller = new CallerKey("client", block.ToString(CultureInfo.InvariantCulture));
            var reading = await replica.Reader.ReadAsync(new PageRequest(TaskRunRows.Capacity * block, 20), caller, CancellationToken.None);
            served++;
            if (reading.Refusal is { } refusal)
            {
                seen.Add(
                    $"seed {seed}: block {block} at {replica} after {world.Since(since).TotalSeconds:0.000} s, "
                    + $"retry after {refusal.RetryAfter}");
            }
        }
    }
}
