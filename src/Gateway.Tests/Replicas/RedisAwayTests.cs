using System.Globalization;
using System.Net;
using NclueGateway.Budget;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;

namespace NclueGateway.Tests.Replicas;

/// <summary>A separate Redis for each test, which fails in one of several ways and comes back.</summary>
[Trait("Needs", "RealTime")]
public sealed class RedisAwayTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Readers_notice_nothing_of_a_redis_that_is_away()
    {
        // The cases run in parallel, because they mostly wait. A machine that starts all at once would stall.
        var tries = new List<Task<string?>>();
        foreach (var how in new[] { "slow", "refused", "cut mid-answer", "restarted empty", "read-only", "wrong password", "OOM" })
        {
            var started = new TaskCompletionSource();
            tries.Add(TryAsync(how, started.SetResult));
            await Task.WhenAny(started.Task, tries[^1]);
        }

        (await Task.WhenAll(tries)).OfType<string>().ShouldBeEmpty();

        static async Task<string?> TryAsync(string how, Action started) =>
            await Record.ExceptionAsync(() => NoticeNothingAsync(how, started)) is { } failure ? $"{how}: {failure}" : null;
    }

    private static async Task NoticeNothingAsync(string how, Action started)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var proxy = new CuttingProxy(redis.Port);
        await using var gateway = await StartAsync(how == "cut mid-answer" ? proxy.Address : redis.Address);
        (await gateway.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.ReadinessAsync()).ShouldBe("200 Healthy");
        started();

        await GoAwayAsync(redis, proxy, how, gateway);

        // Reads during the loss do not wait for Redis, and reads that need NCLUE reach it without Redis.
        var clock = TimeProvider.System;
        var gone = clock.GetTimestamp();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20), clock);
        do
        {
            var asked = clock.GetTimestamp();
            (await gateway.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
            clock.GetElapsedTime(asked).ShouldBeLessThan(Second);
            await pace.WaitForNextTickAsync(Ct);
        }
        while (clock.GetElapsedTime(gone) < Second * 2);
        if (how != "restarted empty")
        {
            (await gateway.ReadinessAsync()).ShouldBe("200 Degraded");
        }

        (await gateway.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK, 100)).Runs.ShouldBe(Enumerable.Range(100, 20));

        var back = clock.GetTimestamp();
        await ComeBackAsync(redis, proxy, how);
        await gateway.UntilReadyAsync("200 Healthy");
        (await gateway.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK, 200)).Runs.ShouldBe(Enumerable.Range(200, 20));
        await HoldsAsync(redis, block: 2);
        clock.GetElapsedTime(back).ShouldBeLessThan(TimeSpan.FromSeconds(10));

        gateway.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= Second);
        gateway.Nclue.Arrivals.ShouldAllBe(arrival => arrival.Status == 200);
        gateway.Warnings().ShouldHaveSingleItem().ShouldStartWith("Redis is away (");
        gateway.Logs.GetSnapshot().ShouldNotContain(log => log.Message.Contains("not-the-password"));
    }

    [Fact]
    public async Task Without_a_redis_at_its_start_one_replica_runs_from_memory_until_there_is_one()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.StopAsync();
        await using var gateway = await StartAsync(redis.Address);

        (await gateway.ReadinessAsync()).ShouldBe("200 Degraded");
        (await gateway.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK)).Age.ShouldBeLessThan(10);

        await redis.StartAsync();
        await gateway.UntilReadyAsync("200 Healthy");
        (await gateway.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK, 100)).Age.ShouldBeLessThan(10);
        await HoldsAsync(redis, block: 1);
        gateway.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= Second);
    }

    [Fact]
    public async Task One_of_several_replicas_that_has_never_had_a_turn_sends_nothing_and_says_so_at_once()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.StopAsync();
        await using var gateway = await StartAsync(redis.Address, ("Nclue:ReplicaCount", "3"));
        var started = TimeProvider.System.GetTimestamp();

        var page = await gateway.ReadAsync();

        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(Second);
        page.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        page.Problem.ShouldBe("/problems/upstream-busy");
        page.Headers["Retry-After"].ShouldBe("10");
        ((string?)page.Json["detail"]).ShouldBe("Redis is unavailable, and without it this replica may not send requests to NCLUE.");
        gateway.Nclue.Arrivals.ShouldBeEmpty();
        // Redis is configured, though it is away now.
        gateway.Warnings().ShouldNotContain(warning => warning.StartsWith("Without Redis", StringComparison.Ordinal));

        await redis.StartAsync();
        (await gateway.ReadUntilTrueAsync(response => response.Status == HttpStatusCode.OK)).Runs.ShouldBe(Enumerable.Range(0, 20));
    }

    [Fact]
    public async Task A_replica_that_has_no_redis_to_share_says_that_it_keeps_to_a_third_of_the_budget()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Nclue:ReplicaCount"] = "3" });
        await gateway.ReadAsync(); // after this the refresher runs

        gateway.Warnings().ShouldHaveSingleItem().ShouldBe(
            "Without Redis, each of Nclue:ReplicaCount = 3 replicas sends at most one request every 3.15 s, its share of the budget.");
    }

    [Fact]
    public async Task Replicas_take_turns_while_redis_is_away_and_after_its_return()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await StartAsync(redis.Address);
        await using var other = await one.StartReplicaAsync(ReplicaSettings.For(redis.Address, "away"));
        await one.ReadAsync();
        await UntilBothCountWithTwoAsync(redis, one);
        await redis.StopAsync();

        // Each replica fetches the blocks that it lacks; they do not communicate.
        await ReadAllAsync();
        one.Nclue.Arrivals.Count(arrival => arrival.Index == 100).ShouldBe(2);
        one.Nclue.Arrivals.Count(arrival => arrival.Index == 200).ShouldBe(2);
        var calls = one.Nclue.Arrivals.Count;

        await redis.StartAsync();
        await Task.WhenAll(one.UntilReadyAsync("200 Healthy"), other.UntilReadyAsync("200 Healthy"));
        await ReplicaSettings.EventuallyAsync(
            async () =>
            {
                await Task.WhenAll(one.ReadAsync(200), other.ReadAsync(200));
                return one.Nclue.Arrivals.Count;
            },
            count => count > calls);
        one.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= Second);
        one.Nclue.Arrivals.ShouldAllBe(arrival => arrival.Status == 200);

        Task ReadAllAsync() => Task.WhenAll(new[] { one, other }.SelectMany(replica => new[] { 100, 200 }.Select(
            index => replica.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK, index))));
    }

    [Fact]
    public async Task A_pause_of_one_replica_is_kept_by_all_and_told_truly()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await StartAsync(redis.Address);
        await using var other = await one.StartReplicaAsync(ReplicaSettings.For(redis.Address, "away"));
        one.Nclue.Fault = new() { Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "40" } };

        (await one.ReadAsync()).Problem.ShouldBe("/problems/upstream-busy");
        var page = await ReplicaSettings.EventuallyAsync(() => other.ReadAsync(), page => page.Headers.ContainsKey("Retry-After"));

        page.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        page.Problem.ShouldBe("/problems/upstream-busy");
        int.Parse(page.Headers["Retry-After"], CultureInfo.InvariantCulture).ShouldBeInRange(35, 42);
        one.Nclue.Arrivals.Count.ShouldBe(1);
    }

    /// <summary>Uses the command in <c>docs/operations.md</c>.</summary>
    [Fact]
    public async Task A_pause_is_lifted_by_hand_with_all_replicas_stopped_and_not_while_one_runs()
    {
        var command = (await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "docs", "operations.md"), Ct))
            .Single(line => line.Contains("redis-cli HDEL")).Trim();
        await using var redis = await RedisServer.StartAsync();
        await using var one = await StartAsync(redis.Address);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        var account = $"{{nclue:{one.Nclue.BaseAddress.Authority}:away}}";
        one.Nclue.Fault = new() { Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "600" } };
        (await one.ReadAsync()).Problem.ShouldBe("/problems/upstream-busy");
        one.Nclue.Fault = null;

        (await LiftAsync()).ShouldBeGreaterThan(1);
        await ReplicaSettings.EventuallyAsync(() => connection.GetDatabase().HashExistsAsync(account, "pause"), isBack => isBack);
        (await one.ReadAsync()).Problem.ShouldBe("/problems/upstream-busy");
        await one.StopAsync();
        await LiftAsync();
        await using var other = await one.StartReplicaAsync(ReplicaSettings.For(redis.Address, "away"));
        (await other.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK)).Runs.ShouldBe(Enumerable.Range(0, 20));

        Task<long> LiftAsync() => connection.GetDatabase().HashDeleteAsync(
            command.Split('\'')[1].Replace("nclue.apigw.ntruss.com:default", account[7..^1]),
            [.. command.Split(' ')[3..].Select(field => (RedisValue)field)]);
    }

    private static async Task<GatewayHost> StartAsync(string redis, params (string Name, string Value)[] more) =>
        await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250 }, ReplicaSettings.For(redis, "away", more), realTime: true);

    private static async Task GoAwayAsync(RedisServer redis, CuttingProxy proxy, string how, GatewayHost gateway)
    {
        switch (how)
        {
            case "slow":
                await redis.SignalAsync("STOP");
                break;
            case "refused":
                await redis.StopAsync();
                break;
            case "cut mid-answer":
                proxy.Cut();
                break;
            case "restarted empty":
                await redis.StopAsync();
                await gateway.UntilReadyAsync("200 Degraded"); // a restart may be over before the first check
                await redis.StartAsync();
                break;
            case "read-only":
                await ExecuteAsync(redis.Address, "REPLICAOF 127.0.0.1 1");
                break;
            case "wrong password":
                await ExecuteAsync(redis.Address, "CONFIG SET requirepass not-the-password", "CLIENT KILL TYPE normal");
                break;
            case "OOM":
                await ExecuteAsync(redis.Address, "CONFIG SET maxmemory 1");
                break;
        }
    }

    private static async Task ComeBackAsync(RedisServer redis, CuttingProxy proxy, string how)
    {
        switch (how)
        {
            case "slow":
                await redis.SignalAsync("CONT");
                break;
            case "refused":
                await redis.StartAsync();
                break;
            case "cut mid-answer":
                proxy.Cuts.ShouldBeGreaterThan(0);
                proxy.Mend();
                break;
            case "read-only":
                await ExecuteAsync(redis.Address, "REPLICAOF NO ONE");
                break;
            case "wrong password":
                await ExecuteAsync($"{redis.Address},password=not-the-password", "CONFIG SET requirepass ");
                break;
            case "OOM":
                await ExecuteAsync(redis.Address, "CONFIG SET maxmemory 0");
                break;
        }
    }

    /// <summary>Waits until the cycle has had two slots for so long that all replicas know it: five intervals.</summary>
    private static async Task UntilBothCountWithTwoAsync(RedisServer redis, GatewayHost gateway)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        RedisValue[] fields = ["cycle", "cycled", "clock"];
        await ReplicaSettings.EventuallyAsync(
            async () => await connection.GetDatabase().HashGetAsync($"{{nclue:{gateway.Nclue.BaseAddress.Authority}:away}}", fields),
            values => values[0] == 2 && (long)values[2] - (long)values[1] > 5 * 1_050);
    }

    /// <summary>Waits until Redis has a copy of a block.</summary>
    private static async Task HoldsAsync(RedisServer redis, int block)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        await ReplicaSettings.EventuallyAsync(
            async () => await connection.GetServers()[0].KeysAsync(pattern: $"nclue-gateway:*:{block}:*").CountAsync(Ct),
            count => count > 0);
    }

    private static async Task ExecuteAsync(string connectionString, params string[] commands)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{connectionString},allowAdmin=true");
        foreach (var words in commands.Select(command => command.Split(' ')))
        {
            await connection.GetServers()[0].ExecuteAsync(words[0], words[1..]);
        }
    }
}
