using System.Buffers.Text;
using System.Security.Cryptography;
using NclueGateway.Sandbox.Identity;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Budget;

/// <summary>
/// Several gateway processes on one Redis in front of a strict simulated NCLUE, with an identity provider for their
/// readers.
/// </summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly List<GatewayReplica> _replicas = [];

    private Cluster(SimulatedNclue nclue, LocalIdentityProvider identity, RedisServer redis) =>
        (Nclue, Identity, Redis) = (nclue, identity, redis);

    public SimulatedNclue Nclue { get; }

    public LocalIdentityProvider Identity { get; }

    public RedisServer Redis { get; }

    /// <summary>
    /// Settings (and other environment variables) of replicas started from now on. They override the addresses that the
    /// cluster sets.
    /// </summary>
    public Dictionary<string, string> Settings { get; } = [];

    /// <summary>The assembly of replicas started from now on: null for this build's gateway.</summary>
    public string? Program { get; set; }

    public IReadOnlyList<GatewayReplica> Replicas => _replicas;

    /// <summary>Starts Redis, the simulated NCLUE and the identity provider, without a replica yet.</summary>
    /// <param name="runs">Number of runs of the account.</param>
    /// <param name="delay">Response time of the simulated NCLUE.</param>
    /// <param name="redisArguments">Options of the Redis server.</param>
    public static async Task<Cluster> StartAsync(int runs, TimeSpan delay, params string[] redisArguments)
    {
        var redis = await RedisServer.StartAsync(redisArguments);
        var nclue = await SimulatedNclue.StartAsync(new() { Runs = runs, Frozen = true, Delay = delay }, CancellationToken.None);
        var oneHour = TimeSpan.FromHours(1);
        var identity = await LocalIdentityProvider.StartAsync(new() { AccessTokenLifetime = oneHour }, CancellationToken.None);
        var cluster = new Cluster(nclue, identity, redis);
        cluster.UseNewKeys();
        return cluster;
    }

    /// <summary>
    /// Creates a key pair that NCLUE accepts, for replicas started from now on. Older pairs stay valid.
    /// </summary>
    public void UseNewKeys()
    {
        var (accessKey, secretKey) = ($"budget-{NewSecret()[..8]}", NewSecret());
        Nclue.Keys[accessKey] = secretKey;
        Settings["Nclue:AccessKey"] = accessKey;
        Settings["Nclue:SecretKey"] = secretKey;
    }

    /// <summary>Starts one more replica.</summary>
    public async Task<GatewayReplica> AddReplicaAsync()
    {
        var settings = new Dictionary<string, string>
        {
            ["Nclue:BaseAddress"] = Nclue.BaseAddress.AbsoluteUri,
            ["Operations:DrainDelay"] = "00:00:00", // no load balancer routes by the readiness probe
            ["Auth:Authority"] = Identity.Authority.AbsoluteUri,
            ["Auth:Audience"] = LocalIdentityProvider.Audience,
            ["Auth:RequireHttpsMetadata"] = "false",
            ["ConnectionStrings:Redis"] = Redis.Address,
        };
        foreach (var (name, value) in Settings)
        {
            settings[name] = value;
        }

        var replica = await GatewayReplica.StartAsync(settings, Program);
        lock (_replicas)
        {
            _replicas.Add(replica);
        }

        return replica;
    }

    /// <summary>Starts several replicas at the same time.</summary>
    public Task<GatewayReplica[]> AddReplicasAsync(int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => AddReplicaAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        await Identity.DisposeAsync();
        await Nclue.DisposeAsync();
        await Redis.DisposeAsync();
    }

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(30));
}
