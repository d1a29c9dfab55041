using System.Globalization;
using System.Net.Http.Headers;
using StackExchange.Redis;

namespace NclueGateway.Budget;

/// <summary>The events that happen to the gateways while readers read from them.</summary>
internal static class Scenarios
{
    /// <summary>The gateway of the earlier release in the scenario "rollout"; without it, this build's.</summary>
    public static string? EarlierRelease { get; set; }

    /// <summary>Number of runs of the account.</summary>
    public static int Runs { get; set; } = 1_000;

    private static readonly TimeSpan FastUpstream = TimeSpan.FromMilliseconds(50);

    public static readonly IReadOnlyDictionary<string, Func<TimeSpan, Task<Measurement>>> All =
        new Dictionary<string, Func<TimeSpan, Task<Measurement>>>
        {
            ["steady"] = duration => LoadAsync("Three replicas, upstream 50 ms", duration, FastUpstream),
            ["slow"] = duration => LoadAsync("Three replicas, upstream 3 s", duration, TimeSpan.FromSeconds(3)),
            ["kill"] = duration => LoadAsync(
                "Three replicas, one killed after a third of the time and one added after half of it",
                duration,
                FastUpstream,
                KillAndAddAsync),
            ["outage"] = duration => LoadAsync(
                "Three replicas (ReplicaCount 3), Redis stopped after a third of the time and started, empty, after two thirds",
                duration,
                FastUpstream,
                StopAndStartRedisAsync,
                replicaCount: 3),
            ["rotation"] = duration => LoadAsync(
                "Three replicas, replaced one after the other by replicas with another NCP key",
                duration,
                FastUpstream,
                RotateKeysAsync),
            ["rollout"] = duration => LoadAsync(
                "Three replicas of an earlier release, replaced one after the other by replicas of this one, and back",
                duration,
                FastUpstream,
                RollOutAsync,
                program: EarlierRelease),
            ["cold"] = _ => ColdStartAsync(FastUpstream),
            ["cold-slow"] = _ => ColdStartAsync(TimeSpan.FromSeconds(3)),
        };

    private static async Task<Measurement> LoadAsync(
        string scenario,
        TimeSpan duration,
        TimeSpan delay,
        Func<Cluster, Readers, TimeSpan, Task<IReadOnlyList<string>>>? meanwhile = null,
        int replicaCount = 1,
        int readerCount = 200,
        string? program = null)
    {
        await using var cluster = await Cluster.StartAsync(Runs, delay);
        cluster.Program = program;
        cluster.Settings["Nclue:ReplicaCount"] = replicaCount.ToString(CultureInfo.InvariantCulture);
        var tokens = await Readers.SignInAsync(cluster, readerCount);
        await cluster.AddReplicasAsync(3);
        cluster.Program = null;
        await using var readers = Readers.Start(cluster, tokens);
        var notes = meanwhile is null ? [] : await meanwhile(cluster, readers, duration);
        await readers.UntilAsync(duration);
        return Measurement.Of(scenario, cluster, readers, duration, TimeSpan.FromSeconds(2), notes);
    }

    private static async Task<IReadOnlyList<string>> KillAndAddAsync(Cluster cluster, Readers readers, TimeSpan duration)
    {
        await readers.UntilAsync(duration / 3);
        await cluster.Replicas[0].KillAsync();
        await readers.UntilAsync(duration / 2);
        await cluster.AddReplicaAsync();
        return [];
    }

    private static async Task<IReadOnlyList<string>> StopAndStartRedisAsync(Cluster cluster, Readers readers, TimeSpan duration)
    {
        await readers.UntilAsync(duration / 3);
        await cluster.Redis.StopAsync();
        var calls = cluster.Nclue.Arrivals.Count;
        await readers.UntilAsync(duration * 2 / 3);
        calls = cluster.Nclue.Arrivals.Count - calls;
        await cluster.Redis.StartAsync();
        var back = readers.Elapsed;
        await using var redis = await ConnectionMultiplexer.ConnectAsync(cluster.Redis.Address);
        var pacer = $"{{nclue:{cluster.Nclue.BaseAddress.Authority}:default}}";
        while (!await redis.GetDatabase().HashExistsAsync(pacer, "number") && readers.Elapsed < duration)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        return
        [
            $"calls while Redis was away: {calls}",
            $"first departure that Redis granted: {(readers.Elapsed - back).TotalSeconds:0.0} s after its return",
        ];
    }

    private static async Task<IReadOnlyList<string>> RotateKeysAsync(Cluster cluster, Readers readers, TimeSpan duration)
    {
        await readers.UntilAsync(duration / 4);
        cluster.UseNewKeys();
        await ReplaceAsync(cluster, readers);
        await readers.UntilAsync(duration);
        var clock = TimeProvider.System;
        var soonest = cluster.Nclue.Arrivals.GroupBy(a => a.Index)
            .SelectMany(block => block.Zip(block.Skip(1), (one, next) => clock.GetElapsedTime(one.Timestamp, next.Timestamp)))
            .Min();
        var keys = cluster.Nclue.Arrivals.Select(a => a.Headers["x-ncp-iam-access-key"].ToString()).Distinct().Count();
        return [$"keys used: {keys}", $"soonest that a block was fetched again: after {soonest.TotalSeconds:0.000} s"];
    }

    private static async Task<IReadOnlyList<string>> RollOutAsync(Cluster cluster, Readers readers, TimeSpan duration)
    {
        await readers.UntilAsync(duration / 4);
        await ReplaceAsync(cluster, readers);
        await readers.UntilAsync(duration * 5 / 8);
        cluster.Program = EarlierRelease;
        await ReplaceAsync(cluster, readers);
        return [];
    }

    /// <summary>Replaces the serving replicas one after the other, each new one before the old one stops.</summary>
    private static async Task ReplaceAsync(Cluster cluster, Readers readers)
    {
        foreach (var old in cluster.Replicas.Where(replica => replica.IsServing).ToList())
        {
            var added = await cluster.AddReplicaAsync();
            await added.BecomeHealthyAsync();
            await old.StopAsync();
            await readers.UntilAsync(readers.Elapsed + TimeSpan.FromSeconds(2));
        }
    }

    /// <summary>Starts three replicas at the same time, while 200 readers wait for the same block.</summary>
    private static async Task<Measurement> ColdStartAsync(TimeSpan delay)
    {
        await using var cluster = await Cluster.StartAsync(Runs, delay);
        var tokens = await Readers.SignInAsync(cluster, 200);
        var clock = TimeProvider.System;
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var replicas = await cluster.AddReplicasAsync(3);
        var started = clock.GetTimestamp();
        var statuses = await Task.WhenAll(tokens.Select(async (token, n) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(replicas[n % 3].Address, "/api/task-runs"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await http.SendAsync(request);
            return response.StatusCode;
        }));
        var took = clock.GetElapsedTime(started);
        var calls = cluster.Nclue.Arrivals.Count(a => a.Index == 0);
        await using var readers = Readers.Start(cluster, []);
        var counts = statuses.CountBy(status => (int)status).Select(count => $"{count.Value} × {count.Key}");
        return Measurement.Of(
            $"Three replicas started at the same moment, 200 readers of one block, upstream {delay.TotalMilliseconds:0} ms",
            cluster,
            readers,
            took,
            TimeSpan.Zero,
            [
                $"calls for the block       {calls}",
                $"responses                 {string.Join(", ", counts)}, the last after {took.TotalSeconds:0.0} s",
            ]);
    }
}
