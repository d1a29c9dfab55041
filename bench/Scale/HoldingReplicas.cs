using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using NclueGateway.Budget;
using NclueGateway.Harness;
using NclueGateway.TaskRuns;

namespace NclueGateway.Scale;

/// <summary>What a replica takes of memory.</summary>
/// <param name="Resident">Bytes in memory, as the system counts them, after it has come to hold its blocks.</param>
/// <param name="Heap">Bytes of the managed heap after a full collection.</param>
internal sealed record MemoryUse(double Resident, double Heap);

/// <summary>Replicas of one account that hold its first blocks, each in a process of its own.</summary>
internal sealed class HoldingReplicas : IAsyncDisposable
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false });

    private readonly Stack<IAsyncDisposable> _started = new();
    private readonly List<Contender> _replicas = [];
    private readonly int _blocks;
    private readonly string _token;

    private HoldingReplicas(int blocks, string token) => (_blocks, _token) = (blocks, token);

    public IReadOnlyList<Contender> Replicas => _replicas;

    /// <summary>How many runs each replica holds.</summary>
    public int Runs => _blocks * TaskRunRows.Capacity;

    /// <summary>Has an NCLUE of their own, blocks of it in Redis, and replicas that have read them from there.</summary>
    /// <param name="gateway">The published <c>Gateway.dll</c>.</param>
    /// <param name="around">What they need around them.</param>
    /// <param name="redis">Where they keep blocks; each account has keys of its own there.</param>
    /// <param name="accountRuns">How many runs the account has.</param>
    /// <param name="blocks">How many blocks they are to hold.</param>
    /// <param name="replicas">How many of them there are.</param>
    /// <param name="more">Settings of theirs.</param>
    /// <exception cref="InvalidOperationException">One does not hold exactly these blocks.</exception>
    public static async Task<HoldingReplicas> StartAsync(
        string gateway, Surroundings around, RedisServer redis, int accountRuns, int blocks, int replicas, params KeyValuePair<string, string>[] more)
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
                var contender = await Contender.StartAsync(name, port, around.Tokens[0], checksTokens: true, ["dotnet", gateway], Environment(port));
                holding._started.Push(contender);
                holding._replicas.Add(contender);
            }

            await Task.WhenAll(holding._replicas.Select(holding.ReadAllAsync));
            await holding.VerifyAsync();
            await Console.Error.WriteLineAsync($"{replicas} replica(s) hold {holding.Runs} runs");
            return holding;

            Dictionary<string, string> Environment(int port) => new(around.EnvironmentOn(port, nclue).Append(GatewayEnvironment.AuditOff).Concat(more))
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

    /// <summary>Checks that every replica holds the blocks, and no others.</summary>
    /// <exception cref="InvalidOperationException">One does not.</exception>
    public async Task VerifyAsync()
    {
        foreach (var replica in _replicas)
        {
            if ((await MetricsAsync(replica)).BlocksHeld is var held && held != _blocks)
            {
                throw new InvalidOperationException($"{replica.Name} holds {held} blocks, not {_blocks}.");
            }
        }
    }

    /// <summary>
    /// Reads the first page from each: where nobody has for a minute, its block is not kept fresh, and whoever comes next may wait for NCLUE.
    /// </summary>
    public Task PrimeAsync() => Task.WhenAll(_replicas.Select(replica => ReadAsync(replica, 0)));

    /// <summary>The median of the replicas.</summary>
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

    /// <summary>How many reads they have answered, and how many of them from memory at once.</summary>
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

    /// <summary>One page of each block, the first block first: where the list ends, it tells.</summary>
    private async Task ReadAllAsync(Contender replica)
    {
        for (var block = 0; block < _blocks; block++)
        {
            await ReadAsync(replica, block);
        }
    }

    /// <summary>One that is told to come again does so: the replica may have gone on without Redis, which it waits for no longer than a moment.</summary>
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
                throw new InvalidOperationException($"{replica.Name} answers {answer}");
            }

            await Task.Delay(wait, TimeProvider.System);
        }
    }
}
