using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using NclueGateway.Budget;
using NclueGateway.Harness;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.Scale;

/// <summary>Memory use of a replica.</summary>
/// <param name="Resident">Resident memory in bytes after the replica has cached its blocks.</param>
/// <param name="Heap">Size of the managed heap in bytes after a full collection.</param>
internal sealed record MemoryUse(double Resident, double Heap);

/// <summary>Replicas of one account that cache its first blocks, each in its own process.</summary>
internal sealed class HoldingReplicas : IAsyncDisposable
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false });

    private readonly Stack<IAsyncDisposable> _started = new();
    private readonly List<Contender> _replicas = [];
    private readonly int _blocks;
    private readonly string _token;

    private HoldingReplicas(int blocks, string token) => (_blocks, _token) = (blocks, token);

    public IReadOnlyList<Contender> Replicas => _replicas;

    /// <summary>Number of runs that each replica caches.</summary>
    public int Runs => _blocks * TaskRunRows.Capacity;

    /// <summary>
    /// Starts a simulated NCLUE, writes blocks to Redis, and starts replicas that load them from there.
    /// </summary>
    /// <param name="gateway">Path of the published <c>Gateway.dll</c>.</param>
    /// <param name="around">Services that the replicas need.</param>
    /// <param name="redis">Redis server for the blocks; each account has its own keys there.</param>
    /// <param name="accountRuns">Number of runs of the account.</param>
    /// <param name="blocks">Number of blocks to cache.</param>
    /// <param name="replicas">Number of replicas.</param>
    /// <param name="more">Further settings of the replicas.</param>
    /// <exception cref="InvalidOperationException">A replica does not cache exactly these blocks.</exception>
    public static async Task<HoldingReplicas> StartAsync(
        string gateway,
        Surroundings around,
        RedisServer redis,
        int accountRuns,
        int blocks,
        int replicas,
        params KeyValuePair<string, string>[] more)
    {
        var holding = new HoldingReplicas(blocks, around.Tokens[0]);
        try
        {
            var nclue = await GatewayEnvironment.StartNclueAsync(accountRuns);
            holding._started.Push(nclue);
            await SharedBlockFill.RunAsync(Environment(0), nclue, blocks);
            for (var replica = 1; replica <= replicas; replica++)
            {
                var port = Contender.FreePort();
                var name = $"replica {replica} with {holding.Runs} runs";
                string[] command = ["dotnet", gateway];
                var contender = await Contender.StartAsync(name, port, around.Tokens[0], checksTokens: true, command, Environment(port));
                holding._started.Push(contender);
                holding._replicas.Add(contender);
            }

            await Task.WhenAll(holding._replicas.Select(holding.ReadAllAsync));
            await holding.VerifyAsync();
            await System.Console.Error.WriteLineAsync($"{replicas} replica(s) cache {holding.Runs} runs");
            return holding;

            Dictionary<string, string> Environment(int port) => new(
                around.EnvironmentOn(port, nclue).Append(GatewayEnvironment.AuditOff).Concat(more))
            {
                ["ConnectionStrings__Redis"] = redis.Address,
                ["Nclue__ReplicaCount"] = replicas.ToString(CultureInfo.InvariantCulture),
            };
        }
        catch
        {
            await holding.DisposeAsync();
            throw;
        }
    }

    /// <summary>Checks that every replica caches these blocks and no more.</summary>
    /// <exception cref="InvalidOperationException">A replica caches another number of blocks.</exception>
    public async Task VerifyAsync()
    {
        foreach (var replica in _replicas)
        {
            if ((await MetricsAsync(replica)).BlocksHeld is var held && held != _blocks)
            {
                throw new InvalidOperationException($"{replica.Name} caches {held} blocks, not {_blocks}.");
            }
        }
    }

    /// <summary>
    /// Reads the first page from each replica. A block that was not read for a minute is not kept fresh, and the next
    /// reader may wait for NCLUE.
    /// </summary>
    public Task PrimeAsync() => Task.WhenAll(_replicas.Select(replica => ReadAsync(replica, 0)));

    /// <summary>Returns the median of the replicas.</summary>
    public async Task<MemoryUse> MeasureMemoryAsync()
    {
        var uses = new List<MemoryUse>();
        foreach (var replica in _replicas)
        {
            var resident = replica.Resident;
            var before = (await MetricsAsync(replica)).FullCollections;
            var after = 0.0;
            await FullCollection.RunAsync(replica.ProcessId, async () =>
            {
                var metrics = await MetricsAsync(replica);
                after = metrics.HeapSize;
                return metrics.FullCollections > before;
            });
            uses.Add(new(resident, after));
        }

        return new(Median.Of(uses.Select(use => use.Resident)), Median.Of(uses.Select(use => use.Heap)));
    }

    /// <summary>
    /// Returns the number of reads that the replicas served, and the number served from the cache at once.
    /// </summary>
    public async Task<(double Reads, double Hits)> ReadsAsync()
    {
        var metrics = await Task.WhenAll(_replicas.Select(MetricsAsync));
        return (metrics.Sum(one => one.Reads), metrics.Sum(one => one.Hits));
    }

    public async ValueTask DisposeAsync()
    {
        while (_started.TryPop(out var last))
        {
            await last.DisposeAsync();
        }
    }

    private static Task<GatewayMetrics> MetricsAsync(Contender replica) => GatewayMetrics.ReadAsync(Client, replica.Address);

    /// <summary>
    /// Reads one page of each block. The first block comes first, because it gives the length of the list.
    /// </summary>
    private async Task ReadAllAsync(Contender replica)
    {
        for (var block = 0; block < _blocks; block++)
        {
            await ReadAsync(replica, block);
        }
    }

    /// <summary>
    /// Reads a page and retries as the response demands. The replica may have continued without Redis, for which it
    /// waits only a moment.
    /// </summary>
    private async Task ReadAsync(Contender replica, int block)
    {
        var address = new Uri(replica.Address, $"?index={block * TaskRunRows.Capacity}&limit=20");
        for (var attempt = 0; ; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            using var answer = await Client.SendAsync(request);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                return;
            }

            if (attempt == 10 || answer.Headers.RetryAfter?.Delta is not { } wait)
            {
                throw new InvalidOperationException($"{replica.Name} responds with {answer}");
            }

            await Task.Delay(wait, TimeProvider.System);
        }
    }
}
