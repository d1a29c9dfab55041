using System.Globalization;
using NclueGateway.Redis;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;
using StackExchange.Redis;

namespace NclueGateway.Check;

/// <summary>
/// Checks Redis over the gateway's own connection: that it responds and runs the coordination script, its clock, and its
/// eviction policy.
/// </summary>
internal sealed class RedisCheck(
    IServiceProvider services, ConnectionStringOptions options, NclueOptions nclue, IUpstreamCoordinator pacer, TimeProvider time)
{
    /// <summary>Timeout of each command; that of the first includes connecting.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Minimum clock skew for a warning. No replica depends on the difference between the clocks.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(60);

    public async Task<IReadOnlyList<Finding>> RunAsync()
    {
        if (options.Redis.Length == 0)
        {
            return [WithoutRedis(), Finding.Fine(CheckReport.RedisLog, "Without Redis, each replica keeps its log in memory.")];
        }

        var circuit = services.GetRequiredService<RedisCircuit>();
        TimeSpan ping;
        IConnectionMultiplexer connection;
        try
        {
            (connection, ping) = await circuit.ProbeAsync(PingAsync, Patience);
        }
        catch (RedisAwayException)
        {
            return [Away(circuit, "does not respond")];
        }

        await pacer.StartAsync(); // runs the script, which needs the other permissions of the user
        if (circuit.State.IsAvailable != true)
        {
            return [Away(circuit, "responds, but does not run the gateway's script")];
        }

        var servers = connection.GetServers();
        var server = servers.FirstOrDefault(server => server is { IsConnected: true, IsReplica: false }) ?? servers[0];
        return
        [
            Finding.Fine(CheckReport.Redis, string.Create(CultureInfo.InvariantCulture,
                $"Redis {server.Version} responds in {ping.TotalMilliseconds:0.0} ms and runs the gateway's script.")),
            await ClockAsync(server),
            await MemoryAsync(connection.GetDatabase()),
            await ActivatorUtilities.CreateInstance<SnapshotLogCheck>(services).RunAsync(),
        ];
    }

    private async Task<(IConnectionMultiplexer Connection, TimeSpan Ping)> PingAsync()
    {
        var connection = await services.GetRequiredService<RedisConnection>().GetAsync();
        return (connection, await connection.GetDatabase().PingAsync());
    }

    private async Task<Finding> ClockAsync(IServer server)
    {
        const string name = CheckReport.RedisClock;
        try
        {
            var askedAt = time.GetTimestamp();
            var redis = await server.TimeAsync().WaitAsync(Patience, time);
            var ahead = time.GetUtcNow() - (time.GetElapsedTime(askedAt) / 2) - new DateTimeOffset(redis, TimeSpan.Zero); // it is in UTC
            var seen = ClockDifference.Describe(ahead, "Redis'");
            return ahead.Duration() < Tolerance
                ? Finding.Fine(name, seen)
                : Finding.Warning(
                    name,
                    seen,
                    "One of the two is wrong. Signatures and tokens depend on this machine's clock: synchronize it by NTP.");
        }
        catch (Exception unread) when (unread is RedisException or TimeoutException)
        {
            return Finding.NotChecked(name, $"It could not be read ({RedisCircuit.Describe(unread)}).");
        }
    }

    private async Task<Finding> MemoryAsync(IDatabase redis)
    {
        const string name = CheckReport.RedisMemory;
        try
        {
            // INFO of the server that stores the budget, by a script: StackExchange.Redis sends INFO only on connections with
            // admin rights.
            var reply = await redis.ScriptEvaluateAsync("return redis.call('INFO', 'memory')", [nclue.AccountKey])
                .WaitAsync(Patience, time);
            var info = (string?)reply ?? "";
            if (Value(info, "maxmemory_policy") is not { } policy)
            {
                return Finding.NotChecked(name, "Redis does not report its maxmemory-policy.");
            }

            var isUnlimited = Value(info, "maxmemory") == "0";
            var seen = $"maxmemory-policy is {policy}{(isUnlimited ? ", without a limit" : "")}";
            const string advice =
                "Set maxmemory-policy to noeviction or one of volatile-*: an allkeys-* policy may evict the replicas' request budget.";
            return !policy.StartsWith("allkeys", StringComparison.Ordinal) ? Finding.Fine(name, $"{seen}.")
                : isUnlimited ? Finding.Warning(name, $"{seen}: it has no effect yet.", advice)
                : Finding.Failed(name, $"{seen}.", advice);
        }
        catch (Exception unread) when (unread is RedisException or TimeoutException)
        {
            return Finding.NotChecked(name, $"Its maxmemory-policy could not be read ({RedisCircuit.Describe(unread)}).");
        }
    }

    private static string? Value(string info, string name) => info.Split('\n')
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..].Trim();

    private Finding WithoutRedis()
    {
        var share = nclue.RequestInterval * nclue.ReplicaCount;
        return Finding.Fine(CheckReport.Redis, nclue.ReplicaCount == 1
            ? "None is set: one replica runs from memory."
            : string.Create(CultureInfo.InvariantCulture,
                $"None is set: each of {nclue.ReplicaCount} replicas sends at most one request every {share.TotalSeconds:0.##} s."));
    }

    private static Finding Away(RedisCircuit circuit, string seen) =>
        Finding.Failed(CheckReport.Redis, $"Redis {seen} ({circuit.State.Reason}).", Advice(circuit.State.Reason));

    private static string Advice(string reason) => reason switch
    {
        "NOAUTH" or "WRONGPASS" or "NOPERM" or nameof(ConnectionFailureType.AuthenticationFailure) =>
            "Compare user and password in ConnectionStrings:Redis with Redis' users (a comma ends the password). "
            + "docs/configuration.md lists the permissions that the user needs.",
        "READONLY" => "This is a replica of Redis: connect to its primary.",
        "OOM" => "Redis is full: give it more memory.",
        _ => "Compare ConnectionStrings:Redis with Redis' address, port and TLS setting. "
            + "Redis must run, and this machine must reach it.",
    };
}
