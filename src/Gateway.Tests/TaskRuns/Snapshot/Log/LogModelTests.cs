using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Simulation;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>
/// Random schedules of replicas, a model of Redis that loses entries, and another program that spoils fields. A failing seed is
/// printed; with it in <c>LOG_SEED</c> only that schedule runs. <c>LOG_COUNT</c> sets the number of schedules.
/// </summary>
public sealed class LogModelTests
{
    [Fact]
    public async Task Equal_positions_are_equal_states_and_all_replicas_reach_one_state()
    {
        var seeds = Number("LOG_SEED") is { } only ? [only] : Enumerable.Range(1, Number("LOG_COUNT") ?? 100);
        foreach (var seed in seeds)
        {
            await RunAsync(seed);
        }
    }

    [Fact]
    public async Task A_lost_reply_is_no_lost_entry()
    {
        var (log, clock) = (new ModelLog(), new FakeTimeProvider());
        var store = new ModelLogStore(log);
        var one = new LogReplica(store, clock);
        await one.ReadAsync();
        store.LosesReplies = true;
        await Should.ThrowAsync<RedisAwayException>(() => one.AppendAsync("b a"));
        store.LosesReplies = false;

        await one.ReadAsync();

        one.Ids.ShouldBe(["b", "a"]);
        one.State.Top.Number.ShouldBe(1);
    }

    [Fact]
    public async Task A_checkpoint_whose_pieces_another_replica_removed_is_not_published()
    {
        var (log, clock) = (new ModelLog(), new FakeTimeProvider());
        var store = new ModelLogStore(log);
        var one = new LogReplica(store, clock);
        await one.ReadAsync();
        (await one.AppendAsync("b a", departure: LogReplica.Start)).ShouldBeTrue();
        store.BeforeWrite = () =>
        {
            foreach (var piece in log.Fields.Keys.Where(name => name.Contains(':')).ToList())
            {
                log.Spoil(piece, null);
            }

            return Task.CompletedTask;
        };

        await one.Log.CheckpointAsync(one.State);
        log.Fields.Keys.Count(name => name.Contains(':')).ShouldBe(0);
        for (var attempt = 0; attempt < 4; attempt++)
        {
            await one.Log.CheckpointAsync(one.State);
        }

        var two = new LogReplica(new ModelLogStore(log), clock);
        await two.ReadAsync();
        two.State.Describe().ShouldBe(one.State.Describe());
    }

    [Fact]
    public async Task A_checkpoint_is_published_although_an_entry_was_appended_meanwhile()
    {
        var (log, clock) = (new ModelLog(), new FakeTimeProvider());
        var store = new ModelLogStore(log);
        var (one, two) = (new LogReplica(store, clock), new LogReplica(new ModelLogStore(log), clock));
        await one.ReadAsync();
        (await one.AppendAsync("b a", departure: LogReplica.Start)).ShouldBeTrue();
        await two.ReadAsync();
        store.BeforeWrite = async () => (await two.AppendAsync("c b a", departure: LogReplica.Start + 1)).ShouldBeTrue();
        await one.Log.CheckpointAsync(one.State);
        log.Fields["checkpoints"].AsSpan().Count((byte)'\n').ShouldBe(0);

        await one.ReadAsync();
        await one.Log.CheckpointAsync(one.State);

        log.Fields["checkpoints"].AsSpan().Count((byte)'\n').ShouldBe(1);
        var three = new LogReplica(new ModelLogStore(log), clock);
        await three.ReadAsync();
        three.State.Describe().ShouldBe(two.State.Describe());
    }

    private static async Task RunAsync(int seed)
    {
        var (random, log, clock) = (new Random(seed), new ModelLog(), new FakeTimeProvider());
        var stores = Enumerable.Range(0, 3).Select(_ => new ModelLogStore(log)).ToArray();
        var replicas = stores.Select(store => new LogReplica(store, clock)).ToArray();
        var (known, list) = (new Dictionary<LogPosition, SnapshotState>(), new List<string>());
        var copies = new List<IReadOnlyDictionary<string, byte[]>>();
        var departure = LogReplica.Start;
        var spoils = seed % 3 == 0;
        for (var step = 0; step < 250; step++)
        {
            departure += random.Next(60_000);
            clock.Advance(TimeSpan.FromMilliseconds(random.Next(2_000)));
            var n = random.Next(replicas.Length);
            stores[n].Time = departure + random.Next(-100, 100);
            switch (random.Next(24))
            {
                case < 9:
                    list.Insert(random.Next(list.Count + 1), $"run{step}");
                    list.RemoveRange(0, Math.Max(0, list.Count - 40));
                    await TryAsync(() => replicas[n].AppendAsync(string.Join(' ', list), departure));
                    break;
                case < 15:
                    await replicas[n].ReadAsync();
                    break;
                case < 18:
                    await replicas[n].Log.CheckpointAsync(replicas[n].State);
                    break;
                case 18:
                    stores[n].IsAway = !stores[n].IsAway;
                    break;
                case 19:
                    copies.Add(log.Copy());
                    break;
                case 20 when copies.Count > 0 && random.Next(3) == 0:
                    log.Restore(copies[random.Next(copies.Count)]);
                    break;
                case 21 when random.Next(4) == 0:
                    log.Restore(new Dictionary<string, byte[]>());
                    break;
                case 22:
                    replicas[n] = new LogReplica(stores[n], clock); // restarts
                    break;
                case 23 when spoils && log.Fields.Count > 0:
                    var name = log.Fields.Keys.ElementAt(random.Next(log.Fields.Count));
                    log.Spoil(name, random.Next(2) == 0 ? null : [.. log.Fields[name].Reverse()]);
                    break;
            }

            Check(replicas[n]);
        }

        foreach (var store in stores)
        {
            (store.IsAway, store.Time) = (false, departure);
        }

        clock.Advance(SnapshotLogCircuit.RetryAfter);
        foreach (var replica in replicas.Concat(replicas))
        {
            (await replica.ReadAsync()).ShouldBeTrue($"LOG_SEED={seed}");
            Check(replica);
        }

        (await replicas[0].AppendAsync("z y", departure + 1)).ShouldBeTrue($"LOG_SEED={seed}");
        foreach (var replica in replicas)
        {
            await replica.ReadAsync();
            Check(replica);
            replica.State.Describe().ShouldBe(replicas[0].State.Describe(), $"LOG_SEED={seed}");
        }

        void Check(LogReplica replica)
        {
            if (!known.TryAdd(replica.State.Top, replica.State) && known[replica.State.Top] != replica.State)
            {
                replica.State.Describe().ShouldBe(known[replica.State.Top].Describe(), $"LOG_SEED={seed}");
            }
        }
    }

    private static async Task TryAsync(Func<Task> append)
    {
        try
        {
            await append();
        }
        catch (RedisAwayException)
        {
            // The next read shows whether it was appended.
        }
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
