using System.Text;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;
using static NclueGateway.Tests.TaskRuns.Snapshot.Log.LogExamples;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>A log to which another program writes.</summary>
[Trait("Needs", "Processes")]
public sealed class SpoiledLogTests(TestRedis redis)
{
    private static readonly RedisValue[] Odd =
    [
        "", "x", "-1", "007", "0", "99999999999999", "199999999999999", "1e3", new string('9', 40), new byte[] { PackedJson.Version },
        new byte[] { PackedJson.Version, 0xff, 0x00 }, new byte[] { 0, 1, 2, 3 }, new byte[1024 * 1024], new byte[5 * 1024 * 1024],
        LogEntryFormat.Write(new(new(10, 0, true, true, []), null)),
        LogEntryFormat.Write(new(new(10, 0, true, true, [new("x", "x", 0)]), null)),
        LogEntryFormat.Write(new(new(10, 0, true, true, []), new(null, [Run("b"), Run("b")]))),
        LogEntryFormat.Write(new(new(10, 0, true, true, []), new(new("b", false, [new("b", false), new("b", false)], null), [Run("b")]))),
        LogEntryFormat.Write(new(new(10, 0, true, true, [new("b", "a", 0), new("b", "a", 0), new("b", "a", 0)]), null)),
    ];

    public static TheoryData<string, int> Fields
    {
        get
        {
            var fields = new TheoryData<string, int>();
            foreach (var name in new[] { "epoch", "top", "chain", "checkpoints", "entry", "next", "piece", "last piece" })
            {
                for (var odd = -1; odd < Odd.Length; odd++)
                {
                    fields.Add(name, odd);
                }
            }

            return fields;
        }
    }

    /// <summary>Replicas that have the state keep it; one that starts gets it, or starts over.</summary>
    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_spoiled_field_costs_at_most_the_log(string name, int odd)
    {
        await using var log = await SharedLog.StartAsync(redis);
        var (one, two) = (await log.AddReplicaAsync(), await log.AddReplicaAsync());
        (await one.AppendAsync("a")).ShouldBeTrue();
        (await one.AppendAsync("b a")).ShouldBeTrue();
        await two.ReadAsync();
        (await one.AppendAsync("c b a")).ShouldBeTrue();
        var field = await FieldAsync(log, name);
        await (odd < 0 ? log.Database.HashDeleteAsync(log.Key, field) : log.Database.HashSetAsync(log.Key, field, Odd[odd]));

        var three = await log.AddReplicaAsync();
        await two.ReadAsync();
        await one.ReadAsync();
        foreach (var replica in new[] { two, three, one, two, three })
        {
            await replica.ReadAsync();
        }

        two.State.Describe().ShouldBe(one.State.Describe());
        three.State.Describe().ShouldBe(one.State.Describe());
        (await three.AppendAsync("d c b a")).ShouldBeTrue();
        await one.ReadAsync();
        await two.ReadAsync();
        one.Ids.ShouldBe(["d", "c", "b", "a"]);
        two.State.Describe().ShouldBe(one.State.Describe());
        one.Log.State.ShouldBe(new SnapshotLogState(true, ""));
        (await log.AddReplicaAsync()).State.Describe().ShouldBe(one.State.Describe());
        foreach (var replica in new[] { one, two, three })
        {
            replica.Messages().Count(message => message.Contains("not written by a gateway", StringComparison.Ordinal)).ShouldBeLessThan(2);
        }
    }

    [Fact]
    public async Task An_entry_that_cannot_be_read_is_skipped_by_a_later_checkpoint()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var (one, two) = (await log.AddReplicaAsync(), await log.AddReplicaAsync());
        for (var minute = 1; minute < 15; minute++)
        {
            (await one.AppendAsync($"b{minute} a", departure: LogReplica.Start + (60_000L * minute))).ShouldBeTrue();
            await one.Log.CheckpointAsync(one.State);
        }

        await log.Database.HashDeleteAsync(log.Key, "1");
        await log.Database.HashSetAsync(log.Key, "3", "x");

        await two.ReadAsync();

        two.State.Describe().ShouldBe(one.State.Describe());
        two.Messages().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_long_checkpoint_line_and_a_million_pieces_are_not_read()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var one = await log.AddReplicaAsync();
        (await one.AppendAsync("b a")).ShouldBeTrue();
        var line = (string)(await log.Database.HashGetAsync(log.Key, "checkpoints"))!;
        foreach (var spoiled in new[] { line.Replace(" 0 1 ", " 0 1000000 "), string.Join('\n', Enumerable.Repeat(line, 1_000)) })
        {
            await log.Database.HashSetAsync(log.Key, "checkpoints", Encoding.ASCII.GetBytes(spoiled));

            var two = await log.AddReplicaAsync();
            await one.ReadAsync();
            two.State.Describe().ShouldBe(one.State.Describe());
        }
    }

    private static async Task<string> FieldAsync(SharedLog log, string name)
    {
        var pieces = (await log.FieldsAsync()).Where(field => field.Contains(':')).Order(StringComparer.Ordinal).ToList();
        return name switch
        {
            "entry" => "2",
            "next" => "3",
            "piece" => pieces[0],
            "last piece" => pieces[^1],
            _ => name,
        };
    }
}
