using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Signing;
using StackExchange.Redis;

namespace NclueGateway.Tests.Replicas;

/// <summary>State of the NCP keys that replicas on one Redis exchange, by the real clock.</summary>
[Trait("Needs", "RealTime")]
public sealed class SharedKeysTests(TestRedis redis)
{
    private const string NextAccessKey = "ncp_iam_NEXT";
    private const string NextSecretKey = "next-secret-key-canary";

    private readonly string _account = ReplicaSettings.NewAccount();

    [Fact]
    public async Task No_replica_tests_a_key_that_another_has_found_dead()
    {
        await using var one = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 1_000 }, await SettingsAsync(), realTime: true);
        one.Nclue.Keys[NextAccessKey] = NextSecretKey;
        await using var running = await one.StartReplicaAsync(await SettingsAsync());
        one.Nclue.Keys.Remove(GatewayHost.AccessKey);

        (await one.ReadAsync(100)).Status.ShouldBe(HttpStatusCode.OK);
        await ReplicaSettings.EventuallyAsync(() => Task.FromResult(Generation(running)), generation => generation == 1);
        await using var started = await one.StartReplicaAsync(await SettingsAsync());
        Generation(started).ShouldBe(1);
        (await running.ReadAsync(200)).Status.ShouldBe(HttpStatusCode.OK);
        (await started.ReadAsync(300)).Status.ShouldBe(HttpStatusCode.OK);

        one.Nclue.Arrivals.Count(arrival => arrival.Status == 401).ShouldBe(1);
        one.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_replica_with_one_pair_uses_it_even_if_others_use_the_next()
    {
        await using var one = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 1_000 }, await SettingsAsync(), realTime: true);
        one.Nclue.Keys[NextAccessKey] = NextSecretKey;
        one.Nclue.Keys.Remove(GatewayHost.AccessKey);
        (await one.ReadAsync(100)).Status.ShouldBe(HttpStatusCode.OK);

        await using var replaced = await one.StartReplicaAsync(
            ReplicaSettings.For(
                await redis.ConnectionStringAsync(), _account, ("Nclue:AccessKey", NextAccessKey), ("Nclue:SecretKey", NextSecretKey)));
        (await replaced.ReadAsync(200)).Status.ShouldBe(HttpStatusCode.OK);
        (await one.ReadAsync(300)).Status.ShouldBe(HttpStatusCode.OK);

        one.Nclue.Arrivals.Count(arrival => arrival.Status == 401).ShouldBe(1);
    }

    [Fact]
    public async Task Redis_receives_a_number_and_nothing_of_a_key()
    {
        await using var one = await GatewayHost.StartAsync(new() { Frozen = true }, await SettingsAsync(), realTime: true);
        one.Nclue.Keys[NextAccessKey] = NextSecretKey;
        one.Nclue.Keys.Remove(GatewayHost.AccessKey);
        (await one.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);

        await using var connection = await ConnectionMultiplexer.ConnectAsync(await redis.ConnectionStringAsync());
        var key = one.Services.GetRequiredService<NclueOptions>().AccountKey;
        var hash = await ReplicaSettings.EventuallyAsync(
            async () => (await connection.GetDatabase().HashGetAllAsync(key))
                .ToDictionary(entry => (string)entry.Name!, entry => (string)entry.Value!),
            fields => fields.GetValueOrDefault("generation") == "1");

        var text = key + string.Join('\n', hash.Select(field => $"{field.Key} {field.Value}"));
        foreach (var secret in new[] { GatewayHost.AccessKey, GatewayHost.SecretKey, NextAccessKey, NextSecretKey })
        {
            text.ShouldNotContain(secret);
        }
    }

    private static long Generation(GatewayHost gateway) => gateway.Services.GetRequiredService<NclueCredentials>().InUse.Generation;

    private async Task<Dictionary<string, string?>> SettingsAsync() => ReplicaSettings.For(
        await redis.ConnectionStringAsync(), _account, ("Nclue:NextAccessKey", NextAccessKey), ("Nclue:NextSecretKey", NextSecretKey));
}
