using System.Buffers.Text;
using System.Security.Cryptography;
using NclueGateway.Sandbox.Identity;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Budget;

/// <summary>Several gateway processes on one Redis, in front of a strict simulated NCLUE, and an identity provider for their readers.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly List<GatewayReplica> _replicas = [];

    private Cluster(SimulatedNclue nclue, LocalIdentityProvider identity, RedisServer redis) => (Nclue, Identity, Redis) = (nclue, identity, redis);

    public SimulatedNclue Nclue { get; }

    public LocalIdentityProvider Identity { get; }

    public RedisServer Redis { get; }

    /// <summary>Settings (and other environment variables) of replicas that are started from now on; they win over those that say where everything is.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    public IReadOnlyList<GatewayReplica> Replicas => _replicas;

    /// <param name="runs">How many runs the account has.</param>
    /// <param name="delay">How long NCLUE takes to answer.</param>
    /// <param name="redisArguments">Options of the Redis.</param>
    public static async Task<Cluster> StartAsync(int runs, TimeSpan delay, params string[] redisArguments)
    {
        var redis = await RedisServer.StartAsync(redisArguments);
        var nclue = await SimulatedNclue.StartAsync(new() { Runs = runs, Frozen = true, Delay = delay }, CancellationToken.None);
        var identity = await LocalIdentityProvider.StartAsync(new() { AccessTokenLifetime = TimeSpan.FromHours(1) }, CancellationToken.None);
        var cluster = new Cluster(nclue, identity, redis);
        cluster.UseNewKeys();
        return cluster;
    }

    /// <summary>Makes a key pair that NCLUE accepts, with which replicas start from now on. Pairs from before stay good.</summary>
    public void UseNewKeys()
    {
        var (accessKey, secretKey) = ($"budget-{NewSecret()[..8]}", NewSecret());
        Nclue.Keys[accessKey] = secretKey;
        Settings["Nclue:AccessKey"] = accessKey;
        Settings["Nclue:SecretKey"] = secretKey;
    }

    /// <summary>Starts one replica more.</summary>
    public async Task<GatewayReplica> AddReplicaAsync()
    {
        var settings = new Dictionary<string, string>
        {
            ["Nclue:BaseAddress"] = Nclue.BaseAddress.AbsoluteUri,
            ["Operations:DrainDelay"] = "00:00:00", // nobody sends requests by what a probe says
            ["Auth:Authority"] = Identity.Authority.AbsoluteUri,
            ["Auth:Audience"] = LocalIdentityProvider.Audience,
            ["Auth:RequireHttpsMetadata"] = "false",
            ["ConnectionStrings:Redis"] = Redis.Address,
        };
        foreach (var (name, value) in Settings)
        {
            settings[name] = value;
        }

        var replica = await GatewayReplica.StartAsync(settings);
        lock (_replicas)
        {
            _replicas.Add(replica);
        }

        return replica;
    }

    /// <summary>Starts some replicas at the same moment.</summary>
    public Task<GatewayReplica[]> AddReplicasAsync(int count) => Task.WhenAll(Enumerable.Range(0, count).Select(_ => AddReplicaAsync()));

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
