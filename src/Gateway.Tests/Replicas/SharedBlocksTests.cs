using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream.Pacing;
using StackExchange.Redis;

namespace NclueGateway.Tests.Replicas;

/// <summary>Replicas on one real Redis, by the real clock.</summary>
[Trait("Needs", "RealTime")]
public sealed class SharedBlocksTests(TestRedis redis)
{
    private readonly string _account = ReplicaSettings.NewAccount();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_replica_that_starts_serves_what_redis_holds_before_it_calls_nclue()
    {
        await using var one = await StartAsync();
        (await one.ReadAsync()).CacheStatus.ShouldBe("nclue-gateway; fwd=miss; stored");

        await using var other = await one.StartReplicaAsync(await SettingsAsync());
        var page = await other.ReadAsync();

        page.Status.ShouldBe(HttpStatusCode.OK);
        page.CacheStatus.ShouldStartWith("nclue-gateway; hit; ttl=");
        page.Runs.ShouldBe(Enumerable.Range(0, 20));
        page.Headers["ETag"].ShouldBe((await one.ReadAsync()).Headers["ETag"]);
        one.Nclue.Arrivals.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("Nclue:TimeZone", "UTC", false)]
    [InlineData("Nclue:HelpLanguage", "En", false)]
    [InlineData("Cache:KeyPrefix", "staging", false)]
    [InlineData("Cache:FreshFor", "00:00:20", true)]
    public async Task Only_what_this_replica_would_have_written_the_same_is_read(string name, string value, bool isRead)
    {
        await using var one = await StartAsync();
        await one.ReadAsync();

        await using var other = await one.StartReplicaAsync(await SettingsAsync((name, value)));
        (await other.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);

        // Their readings differ, but they share one budget.
        one.Nclue.Arrivals.Count.ShouldBe(isRead ? 1 : 2);
        one.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= TimeSpan.FromSeconds(1) && arrival.Status == 200);
    }

    [Fact]
    public async Task Another_account_shares_neither_blocks_nor_the_budget()
    {
        await using var one = await StartAsync();
        await one.ReadAsync();
        one.Nclue.Strict = false;

        await using var other = await one.StartReplicaAsync(
            ReplicaSettings.For(await redis.ConnectionStringAsync(), ReplicaSettings.NewAccount()));
        await Task.WhenAll(one.ReadAsync(100), other.ReadAsync(100));

        one.Nclue.Arrivals.Select(arrival => arrival.Index).ShouldBe([0L, 0L, 100L, 100L], ignoreOrder: true);
        one.Nclue.Arrivals.Min(arrival => arrival.SincePrevious ?? TimeSpan.MaxValue).ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Copies_of_the_previous_release_are_still_read()
    {
        await using var one = await StartAsync();
        await one.ReadAsync();

        await using var next = await one.StartReplicaAsync(await SettingsAsync(), services: services => services.Replace(
            ServiceDescriptor.Singleton<IReadOnlyList<BlockFormat>>([NextFormat, .. BlockFormat.Known])));
        (await next.ReadAsync()).CacheStatus.ShouldStartWith("nclue-gateway; hit; ");
        one.Nclue.Arrivals.Count.ShouldBe(1);

        // The old release cannot read the copies of the next one: it counts them as misses. Together the two releases
        // stay within the budget.
        (await next.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK, 100)).Runs.ShouldBe(Enumerable.Range(100, 20));
        (await one.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK, 100)).Runs.ShouldBe(Enumerable.Range(100, 20));
        one.Nclue.Arrivals.Select(arrival => arrival.Index).ShouldBe([0L, 100L, 100L]);
        one.Warnings().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("poisoned")]
    [InlineData("cut")]
    [InlineData("foreign")]
    [InlineData("empty")]
    [InlineData("of another type")]
    [InlineData("with an expiry that is no number")]
    [InlineData("gone")]
    public async Task A_copy_that_does_not_read_back_exactly_is_a_miss_and_one_warning(string what)
    {
        await using var one = await StartAsync();
        await one.ReadAsync();
        await one.ReadAsync(100);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(await redis.ConnectionStringAsync());
        foreach (var key in await BlockKeysAsync(connection, 2))
        {
            await SpoilAsync(connection.GetDatabase(), key, what);
        }

        await using var other = await one.StartReplicaAsync(await SettingsAsync());
        (await other.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK)).Runs.ShouldBe(Enumerable.Range(0, 20));
        (await other.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK, 100)).Runs.ShouldBe(Enumerable.Range(100, 20));

        one.Nclue.Arrivals.Select(arrival => arrival.Index).ShouldBe([0L, 100L, 0L, 100L]);
        other.Warnings().Length.ShouldBe(what == "gone" ? 0 : 1);

        // The first replica has the older copies and replaces them by the new ones.
        (await one.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        (await other.ReadinessAsync()).ShouldBe("200 Healthy");
    }

    [Fact]
    public async Task A_late_copy_takes_the_place_of_a_newer_one_neither_in_redis_nor_in_memory()
    {
        await using var one = await StartAsync();
        await one.ReadAsync();
        var list = one.Services.GetRequiredService<BlockCache>();
        list.TryGet(0, out var held).ShouldBeTrue();
        var newest = held!.Block;
        var empty = new TaskRunRowsBuilder(1).Build(0);
        var late = new TaskRunBlock(0, newest.DepartedAt - TimeProvider.System.TimestampFrequency, empty, newest.FetchedAt - 1_000);

        list.Add(late, TimeProvider.System.GetTimestamp());
        var departure = new Permit(late.DepartedAt, new(1, late.FetchedAt, late.DepartedAt), closed: _ => { });
        await one.Services.GetRequiredService<ISharedBlocks>().EndAsync(departure, 0, late, hasResponse: true);

        (await one.ReadAsync()).Runs.Length.ShouldBe(20);
        await using var other = await one.StartReplicaAsync(await SettingsAsync());
        (await other.ReadAsync()).Runs.Length.ShouldBe(20);
        one.Nclue.Arrivals.Count.ShouldBe(1);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(await redis.ConnectionStringAsync());
        (await BlockKeysAsync(connection, 1)).Single().ToString().ShouldEndWith(newest.FetchedAt.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_copy_expires_when_it_is_too_old_to_be_served()
    {
        await using var one = await StartAsync(("Cache:KeepFor", "00:05:00"));
        await one.ReadAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(await redis.ConnectionStringAsync());

        (await connection.GetDatabase().KeyTimeToLiveAsync((await BlockKeysAsync(connection, 1)).Single()))!.Value
            .ShouldBeInRange(TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task A_replica_whose_wall_clock_is_an_hour_ahead_understates_no_age_and_misleads_no_replica()
    {
        await using var right = await StartAsync();
        await right.ReadAsync();
        var fetched = TimeProvider.System.GetTimestamp();
        await using var ahead = await right.StartReplicaAsync(await SettingsAsync(), new WallClockOff(TimeSpan.FromHours(1)));
        (await ahead.ReadUntilTrueAsync(page => page.Age >= 3)).Age.ShouldBeInRange(Seconds(Math.Floor), Seconds(Math.Ceiling) + 1);

        // NCLUE's clock is as far ahead, so it accepts the signature of that replica.
        right.Nclue.ClockOffset = TimeSpan.FromHours(1);
        (await ahead.ReadAsync(100)).Status.ShouldBe(HttpStatusCode.OK);
        fetched = TimeProvider.System.GetTimestamp();
        (await right.ReadUntilTrueAsync(page => page.Age >= 3, 100)).Age.ShouldBeInRange(Seconds(Math.Floor), Seconds(Math.Ceiling) + 1);
        right.Nclue.Arrivals.Count.ShouldBe(2);

        int Seconds(Func<double, double> round) => (int)round(TimeProvider.System.GetElapsedTime(fetched).TotalSeconds);
    }

    [Fact]
    public async Task Other_replicas_get_the_block_that_a_stopping_replica_requested()
    {
        await using var one = await StartAsync();
        one.Nclue.Delay = TimeSpan.FromSeconds(3);
        await using var other = await one.StartReplicaAsync(await SettingsAsync());
        var reading = one.ReadAsync();
        await one.Nclue.WaitForArrivalsAsync(1, Ct);

        await one.StopAsync();

        (await reading).Status.ShouldBe(HttpStatusCode.OK);
        (await other.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        one.Nclue.Arrivals.Count.ShouldBe(1);
    }

    private static BlockFormat NextFormat { get; } = new(
        2,
        block => [.. BlockFormat.Known[0].Write(block).Reverse()],
        (bytes, number, fetchedAt) => BlockFormat.Known[0].Read([.. bytes.Reverse()], number, fetchedAt));

    private static async Task SpoilAsync(IDatabase database, RedisKey key, string what)
    {
        // RedisCache keeps a hash with the value under "data".
        byte[] value = (await database.HashGetAsync(key, "data"))!;
        switch (what)
        {
            case "poisoned":
                value[value.Length / 2] ^= 1;
                await database.HashSetAsync(key, "data", value);
                break;
            case "cut":
                await database.HashSetAsync(key, "data", value[..(value.Length / 2)]);
                break;
            case "foreign":
                await database.HashSetAsync(key, "data", """{"runs":[]}""");
                break;
            case "empty":
                await database.HashSetAsync(key, "data", "");
                break;
            case "of another type":
                await database.KeyDeleteAsync(key);
                await database.StringSetAsync(key, "what is this?");
                break;
            case "with an expiry that is no number":
                await database.HashSetAsync(key, [new("absexp", "abc"), new("sldexp", "1e300")]);
                break;
            case "gone":
                await database.KeyDeleteAsync(key);
                break;
        }
    }

    /// <summary>Waits for keys: a reader may get its response a moment before the block is in Redis.</summary>
    private Task<RedisKey[]> BlockKeysAsync(ConnectionMultiplexer connection, int expected) => ReplicaSettings.EventuallyAsync(
        async () => await connection.GetServers()[0].KeysAsync(pattern: $"*:{{nclue:*:{_account}}}:v*").ToArrayAsync(Ct),
        keys => keys.Length >= expected);

    private async Task<GatewayHost> StartAsync(params (string Name, string Value)[] more) => await GatewayHost.StartAsync(
        new() { Frozen = true, Runs = 250 }, await SettingsAsync(more), realTime: true);

    private async Task<Dictionary<string, string?>> SettingsAsync(params (string Name, string Value)[] more) =>
        ReplicaSettings.For(await redis.ConnectionStringAsync(), _account, more);

    private sealed class WallClockOff(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
