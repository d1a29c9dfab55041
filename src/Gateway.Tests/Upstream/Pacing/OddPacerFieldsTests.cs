using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream.Pacing;
using StackExchange.Redis;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>
/// Too few and too many fields in the hash of the coordinator script. The seed in a test's name replays the choice of fields.
/// </summary>
[Trait("Needs", "RealTime")]
public sealed class OddPacerFieldsTests(TestRedis redis)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task With_any_fields_left_permits_stay_apart_and_go_on(int seed)
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        PacerReplica one = new("r1"), other = new("r2");
        await pacer.UntilGrantedAsync(one);
        await pacer.Script.RunAsync(other.Claim(1, 0) with { Operation = CoordinatorOperation.Pause });
        await pacer.UntilGrantedAsync(other);
        var fields = (await pacer.Database.HashKeysAsync(pacer.Account)).Order().ToArray();
        var random = new Random(seed);
        RedisValue[][] subsets =
        [
            [.. fields.Where(field => field != "next" && field != "open")],
            .. fields.Select(field => new[] { field }),
            .. Enumerable.Range(0, 20).Select(_ => fields.Where(_ => random.Next(2) == 0).ToArray()),
        ];
        foreach (var left in subsets)
        {
            var replica = random.Next(3) switch { 0 => one, 1 => other, _ => new PacerReplica("r4") }; // a new one does not know the time
            var last = await pacer.UntilGrantedAsync(one);
            await pacer.Database.HashDeleteAsync(pacer.Account, [.. fields.Except(left)]);

            var next = await pacer.UntilGrantedAsync(replica);

            var apart = (next.ReceivedAt - last.AskedAt).TotalMilliseconds;
            apart.ShouldBeGreaterThanOrEqualTo(OddPacer.Interval - 1, $"seed {seed}: of its fields only {string.Join(", ", left)}");
        }
    }

    [Fact]
    public async Task After_everything_was_flushed_one_field_that_is_written_holds_nothing_up()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        var last = await pacer.UntilGrantedAsync(new PacerReplica("r1"));
        await pacer.Database.KeyDeleteAsync(pacer.Account);
        await pacer.Database.HashSetAsync(pacer.Account, "epoch", 1);

        var next = await pacer.UntilGrantedAsync(new PacerReplica("r2"));

        (next.ReceivedAt - last.AskedAt).TotalMilliseconds.ShouldBeGreaterThanOrEqualTo(OddPacer.Interval - 1);
    }

    [Theory]
    [InlineData("flight:", "x 1 99999999999999")]
    [InlineData("flight:", "x")]
    [InlineData("window:", "x 1 99999999999999")]
    [InlineData("slot:", "x 1 1 1 1 1 1 1")]
    [InlineData("slot:9", "")]
    [InlineData("other:", "1")]
    public async Task Ten_thousand_fields_hold_nothing_up_and_go(string prefix, string value)
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        var replica = new PacerReplica("r1");
        await pacer.UntilGrantedAsync(replica);
        await pacer.Database.HashSetAsync(pacer.Account, "slots", 1_000);
        var fields = Enumerable.Range(0, 10_000).Select(n => new HashEntry($"{prefix}{n}", value));
        await pacer.Database.HashSetAsync(pacer.Account, [.. fields]);

        await pacer.UntilGrantedAsync(replica);
        await pacer.UntilGrantedAsync(new PacerReplica("r2"));

        (await pacer.Database.HashLengthAsync(pacer.Account)).ShouldBeLessThan(1_100);
    }

    [Fact]
    public async Task Slots_that_are_all_taken_hold_nothing_up()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        var now = (await pacer.LookAsync()).Now;
        var taken = Enumerable.Range(0, 1_000).Select(n => new HashEntry($"slot:{n}", $"x{n} {now} 1 0 0 0 0 -"));
        await pacer.Database.HashSetAsync(pacer.Account, [new("slots", 1_000), .. taken]);

        PacerReplica one = new("r1"), other = new("r2");
        foreach (var replica in new[] { one, one, other, one, other })
        {
            await pacer.UntilGrantedAsync(replica);
        }
    }

    [Fact]
    public async Task A_replica_that_starts_takes_no_slot_of_another_when_their_number_is_missing()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        await pacer.UntilGrantedAsync(new PacerReplica("r1"));
        await pacer.Database.HashDeleteAsync(pacer.Account, "slots");

        (await pacer.LookAsync()).Slot.ShouldBe(1);
    }

    [Fact]
    public async Task Numbers_of_a_replica_beyond_those_that_are_read_hold_nothing_up()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        PacerReplica one = new("r1"), other = new("r2");
        for (var permit = 0; permit < 3; permit++)
        {
            await pacer.UntilGrantedAsync(
                other,
                () => pacer.Script.RunAsync(one.Claim(1, 0) with
                {
                    Operation = CoordinatorOperation.Look,
                    ReplicaCount = 2_000,
                    Generation = 100_000_000_000_000,
                }));
        }
    }

    [Fact]
    public async Task Fields_of_a_newer_release_stay()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        await pacer.Database.HashSetAsync(
            pacer.Account, [new("later", "1 2 3"), new("later:0", "x"), new("too long", new string('x', 5_000))]);

        await pacer.UntilGrantedAsync(new PacerReplica("r1"));

        (await pacer.Database.HashGetAsync(pacer.Account, ["later", "later:0", "too long"])).ShouldBe(["1 2 3", "x", RedisValue.Null]);
    }

    [Fact]
    public async Task Nothing_goes_out_with_the_number_of_no_permit()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        var replica = new PacerReplica("r1");
        await pacer.UntilGrantedAsync(replica);
        await pacer.Script.RunAsync(replica.Claim(0, 0) with { Operation = CoordinatorOperation.Written, Interval = 60_000 });
        await pacer.Database.HashSetAsync(pacer.Account, "number", 0);

        var write = replica.Claim(0, 0) with { Operation = CoordinatorOperation.Write, Number = 0, Interval = 60_000 };
        var late = await pacer.Script.RunAsync(write);

        late.Outcome.ShouldBe(CoordinatorOutcome.Wait);
    }
}
