using System.Net;
using NclueGateway.Budget;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>Gateway processes on a Redis of their own, before an upstream whose list changes.</summary>
internal sealed class StreamCluster : IAsyncDisposable
{
    private readonly Dictionary<string, string> _settings;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    private StreamCluster(SimulatedNclue nclue, TestIssuer issuer, RedisServer redis, int replicas)
    {
        (Nclue, Issuer, Redis, List) = (nclue, issuer, redis, new(nclue, 180));
        _settings = new()
        {
            ["Nclue:BaseAddress"] = nclue.BaseAddress.AbsoluteUri,
            ["Nclue:AccessKey"] = "AK",
            ["Nclue:SecretKey"] = "SK",
            ["Nclue:ReplicaCount"] = $"{replicas}",
            ["ConnectionStrings:Redis"] = redis.Address,
            ["Auth:Authority"] = issuer.Address,
            ["Auth:Audience"] = "gateway",
            ["Auth:RequireHttpsMetadata"] = "false",
            ["Http:KnownProxies:0"] = "127.0.0.1", // no limit of the connections of this address
            ["Operations:DrainDelay"] = "00:00:05",
        };
    }

    public SimulatedNclue Nclue { get; }

    public TestIssuer Issuer { get; }

    public RedisServer Redis { get; }

    public ChurningList List { get; }

    /// <summary>The replicas; the places of those that were killed are empty.</summary>
    public GatewayReplica?[] Replicas { get; private set; } = [];

    /// <summary>The replicas to which a load balancer sends readers; the places of those that were killed are empty.</summary>
    public GatewayReplica?[] Serving { get; set; } = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Starts the replicas, and waits until each of them has the whole list.</summary>
    public static async Task<StreamCluster> StartAsync(int replicas, params (string Name, string Value)[] settings)
    {
        SlowTests.ShouldSayWhatTheyNeed();
        var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        var nclue = await SimulatedNclue.StartAsync(new() { Keys = { ["AK"] = "SK" }, Strict = false }, Ct);
        var cluster = new StreamCluster(nclue, issuer, await RedisServer.StartAsync(), replicas);
        foreach (var (name, value) in settings)
        {
            cluster._settings[name] = value;
        }

        cluster.Replicas = await Task.WhenAll(Enumerable.Range(0, replicas).Select(_ => GatewayReplica.StartAsync(cluster._settings)));
        cluster.Serving = cluster.Replicas;
        foreach (var replica in cluster.Replicas)
        {
            await cluster.CompleteAsync(replica!);
        }

        return cluster;
    }

    /// <summary>Checks the rate of all requests to NCLUE. Single ones may arrive late on a busy machine.</summary>
    public void ShouldKeepToTheRate()
    {
        var arrivals = Nclue.Arrivals;
        var duration = TimeProvider.System.GetElapsedTime(arrivals[0].Timestamp, arrivals[^1].Timestamp);
        arrivals.Count.ShouldBeLessThanOrEqualTo((int)duration.TotalSeconds + 2);
    }

    /// <summary>Describes the last requests to NCLUE.</summary>
    public string DescribeArrivals() => string.Join(
        ", ",
        Nclue.Arrivals.TakeLast(40).Select(arrival =>
            $"row {arrival.Index} {arrival.Status} {TimeProvider.System.GetElapsedTime(arrival.Timestamp).TotalSeconds:0.0} s ago"));

    /// <summary>Kills a replica, as a machine does that loses its power.</summary>
    public async Task KillAsync(int place)
    {
        var killed = Replicas[place]!;
        Replicas[place] = null;
        await killed.DisposeAsync();
    }

    /// <summary>Replaces a replica as a rollout does: readers go to the new one when it is ready, then the old one is stopped.</summary>
    public async Task ReplaceAsync(int place)
    {
        var old = Replicas[place]!;
        await StartAgainAsync(place);
        Serving = [.. Replicas];
        await old.StopAsync();
        await old.DisposeAsync();
    }

    /// <summary>Starts a replica in the place of one that was killed.</summary>
    public async Task StartAgainAsync(int place)
    {
        var replica = await GatewayReplica.StartAsync(_settings);
        await CompleteAsync(replica);
        Replicas[place] = replica;
    }

    /// <summary>Returns an access token of one caller for the time of a test.</summary>
    public string TokenOf(string subject) => Issuer.Issue(token =>
    {
        token.Claims["sub"] = subject;
        token.Claims["exp"] = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds();
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in Replicas)
        {
            await (replica?.DisposeAsync() ?? default);
        }

        _http.Dispose();
        await Nclue.DisposeAsync();
        await Issuer.DisposeAsync();
        await Redis.DisposeAsync();
    }

    private Task<HttpStatusCode> CompleteAsync(GatewayReplica replica) => ReplicaSettings.EventuallyAsync(
        async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(replica.Address, "/api/task-runs?limit=1&sort=-createdAt"));
            request.Headers.Authorization = new("Bearer", TokenOf("first"));
            using var response = await _http.SendAsync(request, Ct);
            return response.StatusCode;
        },
        status => status == HttpStatusCode.OK);
}
