using NclueGateway.Budget;
using NclueGateway.Harness;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.Scale;

/// <summary>
/// The replicas for all numbers of cached runs, running all the time. The account has the same number of runs in each
/// case, so that the page is the same. The pages all over the list are read from separate replicas, whose blocks stay
/// fresh during the whole measurement.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly Surroundings _around;
    private readonly IReadOnlyList<int> _sizes;
    private readonly List<HoldingReplicas> _same = [];
    private readonly List<HoldingReplicas> _spread = [];
    private readonly List<MemoryUse> _memory = [];

    private Stage(Surroundings around, IReadOnlyList<int> sizes) => (_around, _sizes) = (around, sizes);

    /// <summary>Memory use of a replica before any load, for each number of cached runs.</summary>
    public IReadOnlyList<MemoryUse> Memory => _memory;

    /// <summary>Starts all replicas and measures their memory.</summary>
    /// <param name="gateway">Path of the published <c>Gateway.dll</c>.</param>
    /// <param name="around">Services that the gateways need.</param>
    /// <param name="redis">Redis server that they share.</param>
    /// <param name="sizes">Numbers of runs to cache, ascending.</param>
    /// <param name="replicas">Number of replicas for each number of runs.</param>
    public static async Task<Stage> StartAsync(
        string gateway, Surroundings around, RedisServer redis, IReadOnlyList<int> sizes, int replicas)
    {
        var stage = new Stage(around, sizes);
        try
        {
            foreach (var size in sizes)
            {
                stage._same.Add(await HoldAsync(size, replicas));
                stage._memory.Add(await stage._same[^1].MeasureMemoryAsync());
            }

            foreach (var size in sizes)
            {
                stage._spread.Add(await HoldAsync(size, 1, new KeyValuePair<string, string>("Cache__FreshFor", "01:00:00")));
            }

            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }

        Task<HoldingReplicas> HoldAsync(int runs, int count, params KeyValuePair<string, string>[] more) =>
            HoldingReplicas.StartAsync(gateway, around, redis, sizes[^1], runs / TaskRunRows.Capacity, count, more);
    }

    /// <summary>Measures one case with one number of cached runs.</summary>
    /// <param name="kind">The case.</param>
    /// <param name="size">Position of the number of runs in the list of sizes.</param>
    /// <param name="seconds">Duration.</param>
    public async Task<Load> RunAsync(Case kind, int size, int seconds)
    {
        var holding = kind.IsSpread ? _spread[size] : _same[size];
        await holding.PrimeAsync();
        return await Load.RunAsync(
            [.. holding.Replicas.Take(kind.Replicas)],
            _around.TokensFile,
            seconds,
            kind.Connections * kind.Replicas,
            threads: kind.Replicas,
            runs: kind.IsSpread ? _sizes[size] : null);
    }

    /// <summary>Checks that every replica still caches the same number of blocks.</summary>
    /// <returns>The number of reads, and the number served from the cache at once.</returns>
    /// <exception cref="InvalidOperationException">A replica caches another number of blocks.</exception>
    public async Task<(double Reads, double Hits)> VerifyAsync()
    {
        var (reads, hits) = (0.0, 0.0);
        foreach (var holding in _same.Concat(_spread))
        {
            await holding.VerifyAsync();
            var (itsReads, itsHits) = await holding.ReadsAsync();
            (reads, hits) = (reads + itsReads, hits + itsHits);
        }

        return (reads, hits);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var holding in _same.Concat(_spread))
        {
            await holding.DisposeAsync();
        }
    }
}
