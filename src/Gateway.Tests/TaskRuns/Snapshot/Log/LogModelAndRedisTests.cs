using System.Text;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Simulation;
using StackExchange.Redis;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>The model of the log beside the real script.</summary>
[Trait("Needs", "Processes")]
public sealed class LogModelAndRedisTests(TestRedis redis)
{
    private static readonly string[] Names =
        ["epoch", "top", "chain", "checkpoints", "1", "2", "3", "10", "ab:0", "ab:1", "cd:0", "cd:x", "other", "-1", "1a"];

    private static readonly string[] Values =
        ["", "1", "2", "3", "10", "ab 1 1", "ab 1 2", "ab 2 1\ncd 1 1 rest", "cd 3 1 x\nab 1 2 y", "cd 1 0", "odd", "ab 1"];

    [Fact]
    public async Task The_model_does_what_the_script_does()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var (store, model, random) = (log.AddStore(), new ModelLog(), new Random(1));
        for (var step = 0; step < 2_000; step++)
        {
            var name = Names[random.Next(4, Names.Length)];
            if (random.Next(2) == 0)
            {
                model.Spoil(name, "x"u8.ToArray());
                await store.SetPieceAsync(new(name, "x"u8.ToArray()));
                continue;
            }

            var expected = Fields(random.Next(3), Names);
            LogField[] written =
            [
                new("top", "9"u8.ToArray()),
                .. Fields(random.Next(4), ["epoch", "chain", "checkpoints"])
                    .Where(field => field.Value.Length > 0).DistinctBy(field => field.Name),
            ];

            var isWritten = await store.TryWriteAsync(expected, written);

            model.TryWrite(expected, written).ShouldBe(isWritten);
            var fields = (await log.CopyAsync()).Select(field => $"{field.Name}={field.Value}");
            fields.ShouldBe(model.Fields.Select(field => $"{field.Key}={Encoding.ASCII.GetString(field.Value)}"), ignoreOrder: true);
        }

        LogField[] Fields(int count, string[] names) =>
        [
            .. Enumerable.Range(0, count).Select(_ => new LogField(
                names[random.Next(names.Length)], Encoding.ASCII.GetBytes(Values[random.Next(Values.Length)]))),
        ];
    }

    [Fact]
    public async Task Long_values_are_read_one_by_one_and_too_long_ones_not_at_all()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var store = log.AddStore();
        await log.Database.HashSetAsync(
            log.Key,
            [
                new("1", new byte[900_000]), new("2", new byte[900_000]), new("3", new byte[3_000_000]), new("4", new byte[5_000_000]),
                new("5", "x"),
            ]);

        (await store.GetAsync(["1", "2", "3"])).Select(value => value?.Length).ShouldBe([900_000]);
        (await store.GetAsync(["3", "4", "5"])).Select(value => value?.Length).ShouldBe([3_000_000]);
        (await store.GetAsync(["4", "missing", "5"])).Select(value => value?.Length).ShouldBe([null, null, 1]);
        (await store.TryWriteAsync([new("4", [])], [new("4", "y"u8.ToArray())])).ShouldBeTrue();
        (await store.GetAsync(["4"]))[0].ShouldBe("y"u8.ToArray());
        (await store.GetTimeAsync()).ShouldBeGreaterThan(1_700_000_000_000);
    }
}
