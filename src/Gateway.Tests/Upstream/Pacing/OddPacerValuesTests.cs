using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Redis;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;
using NclueGateway.Upstream.Signing;
using StackExchange.Redis;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>The coordinator script on a real Redis, to which another application writes.</summary>
/// <remarks>The seed in a test's name replays the written values and the calls, in their order.</remarks>
[Trait("Needs", "RealTime")]
public sealed class OddPacerValuesTests(TestRedis redis)
{
    private static readonly string[] Fields =
    [
        "skew", "clock", "epoch", "tick", "seen", "generation", "next", "open", "quiet", "pause", "why", "number", "last", "news",
        "slots", "cycle", "previous", "cycled", "base", "throttled:count", "throttled:began", "exceeded:count", "exceeded:began",
        "slot:0", "slot:1", "slot:7", "flight:1", "flight:007", "flight:99999999999999", "flight:x", "window:1000000001",
        "window:x", "foreign",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task With_any_written_value_permits_stay_apart_and_go_on(int seed)
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        var replicas = Enumerable.Range(0, 3).Select(n => new PacerReplica($"r{n}")).ToArray();
        var spoils = new Random(seed);
        var (clock, lastAskedAt) = (TimeProvider.System, 0L);
        for (var permit = 0; permit < 20; permit++)
        {
            var (calls, left, isGranted, what) = (new Random((1_000 * seed) + permit), 1 + spoils.Next(3), false, "");
            for (var call = 0; !isGranted; call++)
            {
                call.ShouldBeLessThan(OddPacer.MostCalls, what);
                if (left > 0 && call % 20 == 0)
                {
                    left--;
                    what = $"seed {seed}, permit {permit}, call {call}: {await SpoilAsync(pacer.Database, pacer.Account, spoils)}";
                    TestContext.Current.TestOutputHelper!.WriteLine(what);
                }

                var replica = replicas[calls.Next(replicas.Length)];
                var askedAt = clock.GetTimestamp();
                var reply = await pacer.Script.RunAsync(replica.Next(calls, askedAt));
                var receivedAt = clock.GetTimestamp();
                replica.Take(reply, askedAt, receivedAt);

                // Every pause ends.
                (reply.Pause - reply.Now).ShouldBeLessThanOrEqualTo(OddPacer.LongestPause, what);
                if (isGranted = reply.Outcome == CoordinatorOutcome.Granted)
                {
                    clock.GetElapsedTime(lastAskedAt, receivedAt).TotalMilliseconds
                        .ShouldBeGreaterThanOrEqualTo(OddPacer.Interval - 1, what);
                    lastAskedAt = askedAt;
                }
            }
        }
    }

    [Theory]
    [InlineData("pause", "99999999999999")]
    [InlineData("pause", "1e300")]
    [InlineData("next", "99999999999999")]
    [InlineData("next", "0")]
    [InlineData("next", "soon")]
    [InlineData("open", "0")]
    [InlineData("quiet", "99999999999999")]
    [InlineData("skew", "1e15")]
    [InlineData("skew", "60")]
    [InlineData("skew", "-60000")]
    [InlineData("clock", "99999999999999")]
    [InlineData("clock", "nan")]
    [InlineData("slots", "999999999")]
    [InlineData("cycle", "0")]
    [InlineData("cycled", "99999999999999")]
    [InlineData("tick", "0")]
    [InlineData("news", "7")]
    [InlineData("flight:0", "x 99999999999998 99999999999999")]
    [InlineData("flight:0", "x")]
    [InlineData("window:1000000001", "x 99999999999998 99999999999999")]
    [InlineData("window:0", "x")]
    [InlineData("slot:0", "r1 99999999999999 1 2 0 1 1")]
    [InlineData("slot:0", "")]
    public async Task One_value_that_is_written_lets_no_permit_go_early_and_holds_none_for_long(string field, string value)
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        PacerReplica one = new("r1"), other = new("r2");
        var first = await pacer.UntilGrantedAsync(one);

        await pacer.Database.HashSetAsync(pacer.Account, field, value);
        var second = await pacer.UntilGrantedAsync(other);

        (second.ReceivedAt - first.AskedAt).TotalMilliseconds.ShouldBeGreaterThanOrEqualTo(OddPacer.Interval - 1);
        var fields = (await pacer.Database.HashGetAllAsync(pacer.Account))
            .ToDictionary(entry => (string)entry.Name!, entry => (string)entry.Value!);
        fields.Where(entry => entry.Key is not ("why" or "base") && !entry.Key.Contains(':'))
            .Select(entry => entry.Value).ShouldAllBe(stored => stored.All(char.IsAsciiDigit));
    }

    [Theory]
    [InlineData("tick", "0")]
    [InlineData("tick", "x")]
    [InlineData("epoch", "x")]
    [InlineData("news", "0")]
    [InlineData("generation", "1e300")]
    public async Task A_replica_hears_of_changes_after_a_count_was_set_back(string field, string value)
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        var (time, options) = (TimeProvider.System, new NclueOptions());
        var clock = new RedisClock(time);
        var directory = new BlockDirectory(clock, time);
        var session = new RedisCoordinatorSession(
            pacer.Script, new RedisCircuit(time, NullLogger<RedisCircuit>.Instance), clock, directory,
            new NclueCredentials(options.Keys, NullLogger<NclueCredentials>.Instance), new ChangeSignal(), new LatestLogPosition(),
            new PacingSettings(options.RequestInterval, options.ReplicaCount, TimeSpan.FromHours(1)), time);
        var other = new PacerReplica("other");
        for (var look = 0; look < 5; look++)
        {
            await session.LookAsync(RedisCircuit.StartPatience);
        }

        await pacer.Database.HashSetAsync(pacer.Account, field, value);
        var heard = await pacer.Script.RunAsync(other.Claim(0, time.GetTimestamp()) with { Operation = CoordinatorOperation.Look });
        await pacer.Script.RunAsync(other.Claim(5, time.GetTimestamp()) with { Operation = CoordinatorOperation.End, Fetched = heard.Now });
        await session.LookAsync(RedisCircuit.StartPatience);

        directory.NewestOf(5).ShouldBe(heard.Now);
    }

    private static async Task<string> SpoilAsync(IDatabase database, RedisKey account, Random random)
    {
        var key = account.Append(new[] { "", "", "", ":blocks", ":news" }[random.Next(5)]);
        var (field, value) = (Fields[random.Next(Fields.Length)], OddValues.Next(random));
        try
        {
            await (random.Next(5) switch
            {
                0 => OddValues.ReplaceAsync(database, key, random),
                1 when key == account.Append(":news") => database.ListLeftPushAsync(key, value),
                1 when key == account.Append(":blocks") => database.HashSetAsync(key, OddValues.Next(random), value),
                2 => OddValues.LoseAsync(database, account, random),
                3 => database.HashIncrementAsync(account, "news", random.Next(-2, 70)),
                _ => database.HashSetAsync(account, field, value),
            });
        }
        catch (RedisServerException)
        {
            // The key is of another type by now.
        }

        return $"{key} {field} {Uri.EscapeDataString((string?)value ?? "")}";
    }
}
