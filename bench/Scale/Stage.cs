using NclueGateway.Budget;
using NclueGateway.Harness;
using NclueGateway.TaskRuns;

namespace NclueGateway.Scale;

/// <summary>
/// The replicas of all numbers of runs held, there all the time. The account has as many runs in each case, so that the page is the same. For the pages
/// all over the list there are replicas of their own, whose blocks stay fresh for as long as it takes.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly Surroundings _around;
    private readonly IReadOnlyList<int> _sizes;
    private readonly List<HoldingReplicas> _same = [];
    private readonly List<HoldingReplicas> _spread = [];
    private readonly List<MemoryUse> _memory = [];

    private Stage(Surroundings around, IReadOnlyList<int> sizes) => (_around, _sizes) = (around, sizes);

    /// <summary>What a replica took before there was any load, for each number of runs held.</summary>
    public IReadOnlyList<MemoryUse> Memory => _memory;

    /// <param name="gateway">The published <c>Gateway.dll</c>.</param>
    /// <param name="around">What the gateways need around them.</param>
    /// <param name="redis">What they share.</param>
    /// <param name="sizes">How many runs are to be held, ascending.</param>
    /// <param name="replicas">How many replicas hold each.</param>
    public static async Task<Stage> StartAsync(string gateway, Surroundings around, RedisServer redis, IReadOnlyList<int> sizes, int replicas)
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

    /// <summary>Measures a way of reading with one number of runs held.</summary>
    /// <param name="kind">Which way.</param>
    /// <param name="size">Which number, by its place.</param>
    /// <param name="seconds">For how long.</param>
    public async Task<Load> RunAsync(Case kind, int size, int seconds)
    {
        var holding = kind.IsSpread ? _spread[size] : _same[size];
        await holding.PrimeAsync();
        return await Load.RunAsync(
            [.. holding.Replicas.Take(kind.Replicas)], _around.TokensFile, seconds, kind.Connections * kind.Replicas, threads: kind.Replicas,
            runs: kind.IsSpread ? _sizes[size] : null);
    }

    /// <summary>Checks that everybody holds what they held at the beginning.</summary>
    /// <returns>How many reads there were, and how many of them were answered from memory at once.</returns>
    /// <exception cref="InvalidOperationException">One holds more or less.</exception>
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
