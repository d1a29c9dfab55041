using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Nclue;
using NclueGateway.Nclue.Pacing;
using NclueGateway.Redis;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;
using StackExchange.Redis;

namespace NclueGateway.Tests.Nclue.Pacing;

/// <summary>The pacer's script on a real Redis, to which somebody else writes.</summary>
[Collection("RealTime")]
public sealed class OddPacerValuesTests(TestRedis redis)
{
    private const int Interval = 30;

    private static readonly string[] Fields =
    [
        "skew", "clock", "epoch", "tick", "seen", "generation", "next", "open", "quiet", "pause", "why", "number", "last", "news", "slots", "cycle",
        "previous", "cycled", "throttled:count", "throttled:began", "exceeded:count", "exceeded:began", "slot:0", "slot:1", "slot:7", "flight:1",
        "flight:007", "flight:99999999999999", "flight:x", "foreign",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_is_written_departures_stay_apart_and_go_on(int seed)
    {
        var random = new Random(seed);
        await using var connection = new RedisConnection(new() { Redis = await redis.ConnectionStringAsync() });
        var database = (await connection.GetAsync()).GetDatabase();
        var account = $"{{nclue:odd:{Guid.NewGuid():N}}}";
        var script = new LuaPacerScript(connection, account, new UnreadableValues(NullLogger<UnreadableValues>.Instance));
        var replicas = Enumerable.Range(0, 3).Select(n => new Replica($"r{n}")).ToArray();
        var clock = TimeProvider.System;
        var (began, lastAskedAt, departures) = (clock.GetTimestamp(), 0L, 0);
        var spoiled = "";
        while (clock.GetElapsedTime(began) < TimeSpan.FromSeconds(3))
        {
            if (random.Next(100) == 0)
            {
                spoiled = await SpoilAsync(database, account, random);
            }

            var replica = replicas[random.Next(replicas.Length)];
            var askedAt = clock.GetTimestamp();
            var reply = await script.RunAsync(replica.Next(random, askedAt));
            var receivedAt = clock.GetTimestamp();
            replica.Take(reply, askedAt, receivedAt);

            // No pause is for ever.
            (reply.Pause - reply.Now).ShouldBeLessThanOrEqualTo(500, spoiled);
            if (reply.Outcome == PacerOutcome.Granted)
            {
                departures++;
                if (lastAskedAt > 0)
                {
                    clock.GetElapsedTime(lastAskedAt, receivedAt).TotalMilliseconds.ShouldBeGreaterThanOrEqualTo(Interval - 1, spoiled);
                }

                lastAskedAt = askedAt;
            }
        }

        departures.ShouldBeGreaterThan(5);
        await database.KeyDeleteAsync([account, account + ":blocks", account + ":news"]);
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
    [InlineData("slot:0", "r1 99999999999999 1 2 0 1 1")]
    [InlineData("slot:0", "")]
    public async Task One_value_that_is_written_lets_no_departure_go_early_and_holds_none_for_long(string field, string value)
    {
        await using var connection = new RedisConnection(new() { Redis = await redis.ConnectionStringAsync() });
        var database = (await connection.GetAsync()).GetDatabase();
        var account = $"{{nclue:odd:{Guid.NewGuid():N}}}";
        var script = new LuaPacerScript(connection, account, new UnreadableValues(NullLogger<UnreadableValues>.Instance));
        Replica one = new("r1"), other = new("r2");
        var first = await UntilGrantedAsync(script, one);

        await database.HashSetAsync(account, field, value);
        var second = await UntilGrantedAsync(script, other);

        (second.ReceivedAt - first.AskedAt).TotalMilliseconds.ShouldBeInRange(Interval - 1, 5_000);
        var fields = (await database.HashGetAllAsync(account)).ToDictionary(entry => (string)entry.Name!, entry => (string)entry.Value!);
        fields.Where(entry => entry.Key is not ("why" or "base") && !entry.Key.Contains(':')).Select(entry => entry.Value).ShouldAllBe(stored => stored.All(char.IsAsciiDigit));
    }

    [Theory]
    [InlineData("tick", "0")]
    [InlineData("tick", "x")]
    [InlineData("epoch", "x")]
    [InlineData("news", "0")]
    [InlineData("generation", "1e300")]
    public async Task A_replica_hears_of_changes_after_a_count_was_set_back(string field, string value)
    {
        await using var connection = new RedisConnection(new() { Redis = await redis.ConnectionStringAsync() });
        var database = (await connection.GetAsync()).GetDatabase();
        var account = $"{{nclue:odd:{Guid.NewGuid():N}}}";
        var script = new LuaPacerScript(connection, account, new UnreadableValues(NullLogger<UnreadableValues>.Instance));
        var (time, options) = (TimeProvider.System, new NclueOptions());
        var pacer = new SharedPacer(
            new Wire(options.RequestInterval, time), script, new RedisCircuit(time, NullLogger<RedisCircuit>.Instance), options,
            new NclueCredentials(options, NullLogger<NclueCredentials>.Instance), TimeSpan.FromHours(1), time);
        var other = new Replica("other");
        for (var look = 0; look < 5; look++)
        {
            await pacer.StartAsync();
        }

        await database.HashSetAsync(account, field, value);
        var heard = await script.RunAsync(other.Claim(0, time.GetTimestamp()) with { Operation = PacerOperation.Look });
        await script.RunAsync(other.Claim(5, time.GetTimestamp()) with { Operation = PacerOperation.End, Fetched = heard.Now });
        await pacer.StartAsync();

        pacer.NewestOf(5).ShouldBe(heard.Now);
    }

    private static async Task<(TimeSpan AskedAt, TimeSpan ReceivedAt)> UntilGrantedAsync(LuaPacerScript script, Replica replica)
    {
        var clock = TimeProvider.System;
        while (true)
        {
            var askedAt = clock.GetTimestamp();
            var reply = await script.RunAsync(replica.Claim(0, askedAt));
            var receivedAt = clock.GetTimestamp();
            replica.Take(reply, askedAt, receivedAt);
            if (reply.Outcome == PacerOutcome.Granted)
            {
                await script.RunAsync(replica.Claim(0, receivedAt) with { Operation = PacerOperation.End, End = CallEnd.Failed });
                return (clock.GetElapsedTime(0, askedAt), clock.GetElapsedTime(0, receivedAt));
            }
        }
    }

    private static async Task<string> SpoilAsync(IDatabase database, RedisKey account, Random random)
    {
        var key = account.Append(new[] { "", "", "", ":blocks", ":news" }[random.Next(5)]);
        var (field, value) = (Fields[random.Next(Fields.Length)], OddValues.Next(random));
        try
        {
            await (random.Next(4) switch
            {
                0 => OddValues.ReplaceAsync(database, key, random),
                1 when key == account.Append(":news") => database.ListLeftPushAsync(key, value),
                1 when key == account.Append(":blocks") => database.HashSetAsync(key, OddValues.Next(random), value),
                2 => database.HashIncrementAsync(account, "news", random.Next(-2, 70)),
                _ => database.HashSetAsync(account, field, value),
            });
        }
        catch (RedisServerException)
        {
            // It is of another type by now.
        }

        return $"{key} {field} {value}";
    }

    /// <summary>One replica as the script sees it.</summary>
    private sealed class Replica(string name)
    {
        private readonly RedisClock _clock = new(TimeProvider.System);
        private PacerReply? _last;

        public PacerCall Next(Random random, long now)
        {
            var operation = random.Next(8) switch
            {
                0 => PacerOperation.Look,
                1 => PacerOperation.End,
                2 => PacerOperation.Write,
                3 when random.Next(40) == 0 => PacerOperation.Pause,
                _ => PacerOperation.Claim,
            };
            return Claim(random.Next(60), now) with { Operation = operation, Number = operation == PacerOperation.Write ? 0 : _last?.Number ?? 0 };
        }

        public PacerCall Claim(int block, long now) => new(PacerOperation.Claim)
        {
            Replica = name,
            ReplicaCount = 2,
            Slot = _last?.Slot ?? -1,
            Now = _clock.AtLeast(now),
            Unsure = _clock.AtMost(now) - _clock.AtLeast(now),
            Interval = Interval,
            Patience = 100,
            Grace = 3,
            Lease = 3_600_000,
            Settle = 4 * Interval,
            Gap = 45,
            Quiet = 4 * Interval,
            LongestPause = 500,
            Keep = 86_400_000,
            IsSettled = true,
            Epoch = _last?.Epoch ?? 0,
            News = _last?.News ?? 0,
            Class = BidClass.Wait,
            Since = _clock.AtLeast(now),
            Queue = new(3, 2, [1, 2, 3]),
            Block = block,
            Known = 99_999_999_999_999,
            Fetched = _clock.AtLeast(now),
            End = CallEnd.Stored,
            Kind = "throttled",
            First = 2,
            Most = 40,
        };

        public void Take(PacerReply reply, long askedAt, long receivedAt)
        {
            _last = reply;
            _clock.Observe(askedAt, receivedAt, reply.Now);
        }
    }
}
