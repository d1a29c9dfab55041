using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NclueGateway.Redis;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Simulation;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>The coordinator script on a real Redis.</summary>
[Trait("Needs", "Processes")]
public sealed class PacerScriptTests(TestRedis redis)
{
    private const long Long = 1_000_000_000_000_000;

    private static readonly string[] Operations =
    [
        CoordinatorOperation.Look, CoordinatorOperation.Claim, CoordinatorOperation.Claim, CoordinatorOperation.Claim,
        CoordinatorOperation.Write, CoordinatorOperation.Written, CoordinatorOperation.Arrived, CoordinatorOperation.End,
        CoordinatorOperation.End, CoordinatorOperation.Pause, CoordinatorOperation.Leave,
    ];

    /// <summary>
    /// Compares the script with its model. The model uses the script's clock, so both see the same times. All durations are milliseconds,
    /// so they pass in real time while the test runs.
    /// </summary>
    [Fact]
    public Task It_replies_to_any_sequence_of_calls_as_the_model_does() => CompareAsync(Enumerable.Range(1, 30));

    [Fact(Explicit = true)]
    public Task It_replies_to_many_sequences_of_calls_as_the_model_does() => CompareAsync(Enumerable.Range(31, 300));

    private async Task CompareAsync(IEnumerable<int> seeds)
    {
        await using var connection = await ConnectAsync();
        var database = (await connection.GetAsync()).GetDatabase();
        var outcomes = new ConcurrentDictionary<string, bool>();
        await Parallel.ForEachAsync(seeds, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (seed, _) =>
        {
            var random = new Random(seed);
            var account = $"{{nclue:model:{Guid.NewGuid():N}}}";
            var script = new LuaCoordinatorScript(connection, account, Unreadable);
            var log = account + ":log";
            var model = new PacerModel();
            var replicas = Enumerable.Range(0, 2 + (seed % 4))
                .Select(n => new Replica($"r{n}", interval: 1 << (seed % 3), isCalm: seed % 5 < 3, log)).ToArray();
            var replica = replicas[0];
            for (var step = 0; step < 700; step++)
            {
                // One replica may call for a while, and the others make no calls.
                replica = random.Next(seed % 2 == 0 ? 2 : 25) == 0 ? replicas[random.Next(replicas.Length)] : replica;
                if (random.Next(20) == 0)
                {
                    var top = model.Logs[log] = new(seed, step, unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue)));
                    await database.HashSetAsync(log, PacerLogTests.Fields(top));
                }

                var call = replica.Next(random);
                var reply = await script.RunAsync(call);

                var clock = reply.Now - (long)await database.HashGetAsync(account, "skew");
                Text(reply).ShouldBe(Text(model.Run(call, clock)), $"seed {seed}, step {step}: {call}");
                replica.Take(call, reply);
                outcomes[reply.Outcome] = true;
            }
        });

        outcomes.Keys.ShouldBe(
            [
                "ok", CoordinatorOutcome.Granted, CoordinatorOutcome.Newer, CoordinatorOutcome.UnderWay,
                CoordinatorOutcome.Wait, CoordinatorOutcome.Stored, CoordinatorOutcome.Late,
            ],
            ignoreOrder: true);
    }

    [Fact]
    public async Task Its_time_is_that_of_the_server_and_goes_on_when_that_is_set_back()
    {
        await using var connection = await ConnectAsync();
        var script = new LuaCoordinatorScript(connection, $"{{nclue:time:{Guid.NewGuid():N}}}", Unreadable);
        var look = new Replica("r1").Look();
        var server = (await connection.GetAsync()).GetServers()[0];

        var before = await server.TimeAsync();
        var now = (await script.RunAsync(look)).Now;
        var after = await server.TimeAsync();
        now.ShouldBeInRange(new DateTimeOffset(before).ToUnixTimeMilliseconds(), new DateTimeOffset(after).ToUnixTimeMilliseconds());

        // One caller knows a time that is an hour later.
        var later = now + 3_600_000;
        var most = later + look.Patience + 7;
        (await script.RunAsync(look with { Now = later, Unsure = 7 })).Now.ShouldBe(most);
        (await script.RunAsync(look)).Now.ShouldBeInRange(most, most + 10_000);
    }

    [Fact]
    public async Task All_it_keeps_is_a_small_hash_without_expiry_and_no_more_of_blocks_than_there_are()
    {
        await using var connection = await ConnectAsync();
        var account = $"{{nclue:size:{Guid.NewGuid():N}}}";
        var script = new LuaCoordinatorScript(connection, account, Unreadable);
        var replica = new Replica("r1");
        CoordinatorResponse? last = null;
        for (var n = 0; n < 300; n++)
        {
            last = await script.RunAsync(
                replica.Look() with
                {
                    Operation = CoordinatorOperation.End,
                    Block = n % 100,
                    Fetched = n + 1,
                    End = FetchOutcome.Stored,
                    Keep = Long,
                });
        }

        var database = (await connection.GetAsync()).GetDatabase();
        (await database.HashLengthAsync(account)).ShouldBeLessThan(30);
        (await database.KeyTimeToLiveAsync(account)).ShouldBeNull();
        (await database.HashLengthAsync(account + ":blocks")).ShouldBe(100);
        (await database.ListLengthAsync(account + ":news")).ShouldBe(64);

        // A replica that has missed only these changes receives only these, the newest first.
        var heard = await script.RunAsync(replica.Look() with { Epoch = last!.Epoch, News = 236, Keep = Long });
        heard.IsAll.ShouldBeFalse();
        heard.Changes.ShouldBe(Enumerable.Range(1, 64).Select(n => (Block: (300 - n) % 100, Fetched: 301L - n)));
        (await script.RunAsync(replica.Look() with { Epoch = last.Epoch, News = 235, Keep = Long })).IsAll.ShouldBeTrue();

        // A replica that receives all copies deletes those that are too old.
        await script.RunAsync(replica.Look() with { Keep = 1 });
        (await database.KeyExistsAsync(account + ":blocks")).ShouldBeFalse();
    }

    private sealed class FailingLogger<T> : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException(formatter(state, exception));
    }

    private async Task<RedisConnection> ConnectAsync() => new(new() { Redis = await redis.ConnectionStringAsync() });

    /// <summary>Checks that the script can read all values that it has written itself.</summary>
    private static UnreadableValues Unreadable => new(new FailingLogger<UnreadableValues>());

    private static string Text(CoordinatorResponse reply) => reply.ToString()
        .Replace(
            reply.BacklogOfOtherReplicas.ToString()!,
            string.Join(' ', reply.BacklogOfOtherReplicas.Select(q => $"{q.Blocks} {q.Callers} {string.Join(',', q.Order!)}")),
            StringComparison.Ordinal)
        .Replace(reply.Flights.ToString()!, string.Join(' ', reply.Flights.OrderBy(f => f.Block)), StringComparison.Ordinal)
        .Replace(
            reply.Changes.ToString()!,
            string.Join(' ', reply.IsAll ? reply.Changes.Order().AsEnumerable() : reply.Changes),
            StringComparison.Ordinal);

    /// <summary>Calls that one replica might make next.</summary>
    /// <param name="isCalm">True for no pauses and no outages, so that permits follow each other.</param>
    /// <param name="log">Key of the log, which some of its calls name.</param>
    private sealed class Replica(string name, int interval = 8, bool isCalm = true, string log = "")
    {
        private readonly List<int> _flights = [];
        private CoordinatorResponse? _last;
        private long _number;

        public CoordinatorRequest Look() => new(CoordinatorOperation.Look)
        {
            Replica = name,
            Interval = interval,
            Patience = 100,
            Grace = 3,
            Lease = 60,
            Settle = 20,
            Gap = 16,
            Quiet = 30,
            LongestPause = 500,
            Keep = 300,
        };

        public CoordinatorRequest Next(Random random)
        {
            var now = _last is null || random.Next(10) == 0 ? 0 : _last.Now + random.Next(-150, 5);
            var block = random.Next(9) switch
            {
                6 or 7 => RowWindow.NumberOf(random.Next(2)),
                8 => CoordinatorRequest.NoBlock,
                var number => number,
            };
            return Look() with
            {
                Operation = Operations[random.Next(Operations.Length - (isCalm ? 2 : 0))], // without pause and leave
                ReplicaCount = 1 + random.Next(3),
                Slot = random.Next(3) == 0 ? random.Next(-1, 8) : _last?.Slot ?? -1,
                Now = now,
                Unsure = random.Next(4),
                WasAway = !isCalm && random.Next(4) == 0,
                IsSettled = random.Next(12) == 0,
                PausedUntil = !isCalm && random.Next(12) == 0 ? (_last?.Now ?? 0) + random.Next(40) : 0,
                PausedFor = "throttled",
                Generation = random.Next(40) == 0 ? random.Next(4) : 0,
                Epoch = random.Next(20) == 0 ? 1 : _last?.Epoch ?? 0,
                News = Math.Max(0, (_last?.News ?? 0) - (random.Next(10) == 0 ? random.Next(62, 67) : 0)),
                Class = (FetchPriority)random.Next(6),
                Since = _last is null ? 0 : _last.Now - random.Next(50),
                Queue = new(
                    random.Next(5),
                    random.Next(3),
                    random.Next(3) == 0 ? null : [.. Enumerable.Range(0, 80).OrderBy(_ => random.Next()).Take(random.Next(60))]),
                Flights = random.Next(4) == 0 ? [] : [.. _flights],
                Block = block,
                Known = random.Next(3) == 0 ? _last?.Now ?? 0 : 0,
                Number = _number - random.Next(2),
                IsNew = random.Next(2) == 0,
                Fetched = _last is null ? 1 : _last.Now - random.Next(30),
                End = (FetchOutcome)random.Next(RowWindow.IsWindow(block) ? 2 : 3), // there is no copy of a window
                LogKey = random.Next(3) == 0 ? "" : log,
                Kind = random.Next(2) == 0 ? "throttled" : "exceeded",
                First = 2 + random.Next(5),
                Most = 40,
                Asked = random.Next(4) == 0 ? random.Next(700) : 0,
            };
        }

        public void Take(CoordinatorRequest call, CoordinatorResponse reply)
        {
            _last = reply;
            if (call.Operation is CoordinatorOperation.Claim && reply.Outcome == CoordinatorOutcome.Granted)
            {
                _flights.Add(call.Block);
                _number = reply.Value;
            }
            else if (call.Operation == CoordinatorOperation.End)
            {
                _flights.Remove(call.Block);
            }
        }
    }
}
