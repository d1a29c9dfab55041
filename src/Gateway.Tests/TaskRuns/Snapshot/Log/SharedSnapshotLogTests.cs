using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Infrastructure;
using static NclueGateway.Tests.TaskRuns.Snapshot.Log.LogExamples;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>Replicas that share the log on a real Redis.</summary>
[Trait("Needs", "Processes")]
public sealed class SharedSnapshotLogTests(TestRedis redis)
{
    [Fact]
    public async Task All_replicas_reach_the_state_of_the_one_that_appends()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var (one, two) = (await log.AddReplicaAsync(), await log.AddReplicaAsync());
        one.State.Top.Epoch.ShouldBe(two.State.Top.Epoch);

        (await one.AppendAsync(Response(["b", "", "a0"], 10, since: 0, isShort: true))).ShouldBeTrue();
        (await one.AppendAsync(Response(["c", "b"], 20, since: 1, name: "other"))).ShouldBeTrue();
        (await one.AppendAsync(Response(["c", "b"], 30, since: 2, name: "other"))).ShouldBeTrue(); // without a change
        (await one.AppendAsync(Response(["c", "", "a0"], 40, since: 3, isShort: true, name: "other"))).ShouldBeTrue();
        await two.ReadAsync();

        two.State.Describe().ShouldBe(one.State.Describe());
        two.Versions.Select(version => version.Top.Number).ShouldBe([1, 2, 4]);
        (two.State.Top.Number, two.State.Version.Number).ShouldBe((4, 4));
        await two.ReadAsync();
        two.Versions.ShouldBeEmpty();
        (await two.AppendAsync(Response(["c", "b"], 50, since: 4, name: "other"))).ShouldBeTrue();
        await one.ReadAsync();
        one.State.Describe().ShouldBe(two.State.Describe());
        (one.State.Top.Number, one.State.Version.Number).ShouldBe((5, 4));
    }

    [Fact]
    public async Task Of_two_replicas_that_append_at_the_same_moment_one_is_refused_and_appends_to_the_others_state()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var (one, two) = (await log.AddReplicaAsync(), await log.AddReplicaAsync());
        for (var round = 0; round < 50; round++)
        {
            var appended = await Task.WhenAll(one.AppendAsync($"b a{round}"), two.AppendAsync($"c b a{round}"));

            appended.Count(isAppended => isAppended).ShouldBe(1);
            var (winner, loser) = appended[0] ? (one, two) : (two, one);
            await loser.ReadAsync();
            loser.State.Describe().ShouldBe(winner.State.Describe());
        }

        one.State.Top.Number.ShouldBe(50);
    }

    [Fact]
    public async Task Of_replicas_that_start_at_the_same_moment_one_begins_the_log()
    {
        await using var log = await SharedLog.StartAsync(redis);

        var replicas = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => log.AddReplicaAsync()));

        replicas.Select(replica => replica.State.Top).Distinct().Count().ShouldBe(1);
        replicas.Sum(replica => replica.Messages().Count(message => message.Contains("begins anew", StringComparison.Ordinal))).ShouldBe(1);
    }

    [Fact]
    public async Task A_replica_that_starts_has_all_versions_since_the_oldest_checkpoint()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var one = await log.AddReplicaAsync();
        var versions = new List<LogVersion>();
        for (var minute = 0; minute < 45; minute++)
        {
            (await one.AppendAsync($"run{minute} a", departure: LogReplica.Start + (60_000L * minute))).ShouldBeTrue();
            await one.Log.CheckpointAsync(one.State);
            versions.Add(new(one.State.Version, one.Ids.ToList()));
        }

        var two = await log.AddReplicaAsync();

        two.State.Describe().ShouldBe(one.State.Describe());
        var known = two.Versions.Select(
            version => new LogVersion(version.Version, [.. version.Roll.From(0).Select(entry => entry.Run.Id)]));
        var recent = versions.TakeLast(11).ToList(); // of the ten minutes of Snapshot:CursorsFor
        known.Select(version => $"{version}").ShouldBeSubsetOf(versions.Select(version => $"{version}"));
        recent.Select(version => $"{version}").ShouldBeSubsetOf(known.Select(version => $"{version}"));
    }

    [Fact]
    public async Task Entries_that_no_checkpoint_needs_are_removed()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var one = await log.AddReplicaAsync();
        await log.Database.HashSetAsync(log.Key, "another-application", "x");
        for (var minute = 0; minute < 60; minute++)
        {
            (await one.AppendAsync($"run{minute} a", departure: LogReplica.Start + (60_000L * minute))).ShouldBeTrue();
            await one.Log.CheckpointAsync(one.State);
        }

        var fields = await log.FieldsAsync();
        fields.ShouldNotContain("another-application");
        fields.Count(field => field.All(char.IsAsciiDigit)).ShouldBeInRange(10, 21);
        fields.Count(field => field.Contains(':')).ShouldBeInRange(4, 9); // of two or three checkpoints
        (await log.AddReplicaAsync()).State.Describe().ShouldBe(one.State.Describe());
    }

    [Fact]
    public async Task A_checkpoint_is_due_after_512_entries()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var one = await log.AddReplicaAsync();
        for (var entry = 0; entry < SharedSnapshotLog.CheckpointAfterEntries; entry++)
        {
            Checkpoints(await log.FieldsAsync()).ShouldBe(1);
            (await one.AppendAsync("b a", departure: entry + 1)).ShouldBeTrue();
            await one.Log.CheckpointAsync(one.State);
        }

        Checkpoints(await log.FieldsAsync()).ShouldBe(2);
        var two = await log.AddReplicaAsync();
        two.State.Describe().ShouldBe(one.State.Describe());
    }

    [Fact]
    public async Task A_replica_that_was_stopped_for_longer_than_the_log_reaches_back_takes_over_its_state()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var (one, two) = (await log.AddReplicaAsync(), await log.AddReplicaAsync());
        for (var minute = 0; minute < 60; minute++)
        {
            (await one.AppendAsync($"run{minute} a", departure: LogReplica.Start + (60_000L * minute))).ShouldBeTrue();
            await one.Log.CheckpointAsync(one.State);
            if (minute == 1)
            {
                await two.ReadAsync();
            }
        }

        await two.ReadAsync();

        two.State.Describe().ShouldBe(one.State.Describe());
        one.State.Top.Epoch.ShouldBe(two.State.Top.Epoch);
        two.Messages().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_emptied_Redis_gets_the_state_of_a_replica_in_a_new_epoch()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var (one, two) = (await log.AddReplicaAsync(), await log.AddReplicaAsync());
        (await one.AppendAsync("b a")).ShouldBeTrue();
        (await one.AppendAsync("c b a")).ShouldBeTrue();
        var before = one.State;
        await log.RestoreAsync();

        (await one.AppendAsync("d c b a")).ShouldBeFalse();
        await one.ReadAsync();
        one.State.Top.Epoch.ShouldBeGreaterThan(before.Top.Epoch);
        one.State.Top.Number.ShouldBe(before.Top.Number);
        one.State.Version.ShouldBe(one.State.Top);
        one.State.Roll.ShouldBeSameAs(before.Roll);
        await two.ReadAsync(); // had not read anything

        two.State.Describe().ShouldBe(one.State.Describe());
        (await two.AppendAsync("d c b a")).ShouldBeTrue();
        await one.ReadAsync();
        one.State.Describe().ShouldBe(two.State.Describe());
        one.Ids.ShouldBe(["d", "c", "b", "a"]);
    }

    [Fact]
    public async Task A_log_that_has_lost_its_newest_entries_is_continued_by_the_replica_that_has_them()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var (one, two, behind) = (await log.AddReplicaAsync(), await log.AddReplicaAsync(), await log.AddReplicaAsync());
        (await one.AppendAsync("b a")).ShouldBeTrue();
        await behind.ReadAsync();
        var copy = await log.CopyAsync();
        (await one.AppendAsync("c b a")).ShouldBeTrue();
        await two.ReadAsync();
        await log.RestoreAsync(copy);

        await behind.ReadAsync(); // sees nothing new
        behind.State.Top.Epoch.ShouldBe(one.State.Top.Epoch);
        await one.ReadAsync();
        one.State.Top.Epoch.ShouldBeGreaterThan(two.State.Top.Epoch);
        await two.ReadAsync();
        await behind.ReadAsync();

        two.State.Describe().ShouldBe(one.State.Describe());
        behind.State.Describe().ShouldBe(one.State.Describe());
        behind.Ids.ShouldBe(["c", "b", "a"]);
    }

    [Fact]
    public async Task A_replica_that_was_cut_off_takes_over_the_log_that_others_have_continued_after_a_loss()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var (one, two) = (await log.AddReplicaAsync(), await log.AddReplicaAsync());
        (await one.AppendAsync("b a")).ShouldBeTrue();
        await two.ReadAsync();
        var copy = await log.CopyAsync();
        (await one.AppendAsync("lost b a")).ShouldBeTrue();
        (await one.AppendAsync("lost2 lost b a")).ShouldBeTrue();
        await log.RestoreAsync(copy);

        (await two.AppendAsync("c b a", name: "other")).ShouldBeTrue(); // while the first one is cut off
        await one.ReadAsync();

        one.State.Describe().ShouldBe(two.State.Describe());
        one.Ids.ShouldBe(["c", "b", "a"]);
        (await two.AppendAsync("d c b a")).ShouldBeTrue();
        (await two.AppendAsync("e d c b a")).ShouldBeTrue();
        await one.ReadAsync();
        one.State.Describe().ShouldBe(two.State.Describe());
    }

    [Fact]
    public async Task A_copy_of_an_earlier_epoch_is_replaced()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var one = await log.AddReplicaAsync();
        for (var entry = 1; entry <= 5; entry++)
        {
            (await one.AppendAsync($"b{entry} a")).ShouldBeTrue();
        }

        var copy = await log.CopyAsync();
        await log.RestoreAsync();
        await one.ReadAsync();
        (await one.AppendAsync("c a")).ShouldBeTrue();
        var before = one.State;
        await log.RestoreAsync(copy);

        var two = await log.AddReplicaAsync(); // knows only the copy
        await one.ReadAsync();
        await two.ReadAsync();

        one.State.Roll.ShouldBeSameAs(before.Roll);
        one.State.Top.Epoch.ShouldBeGreaterThan(before.Top.Epoch);
        two.State.Describe().ShouldBe(one.State.Describe());
    }

    [Fact]
    public async Task A_reply_that_was_lost_is_found_at_the_next_read()
    {
        await using var log = await SharedLog.StartAsync(redis);
        var (one, two) = (await log.AddReplicaAsync(), await log.AddReplicaAsync());
        var state = one.State;
        (await one.AppendAsync("b a")).ShouldBeTrue();
        var appended = one.State;
        one.State = state; // as if the reply had not arrived

        (await one.AppendAsync("b a")).ShouldBeFalse();
        await one.ReadAsync();
        one.State.Describe().ShouldBe(appended.Describe());
        await two.ReadAsync();
        two.State.Describe().ShouldBe(appended.Describe());
    }

    [Fact]
    public async Task The_log_expires_after_the_last_append_or_question()
    {
        var options = new SnapshotOptions { InterestFor = TimeSpan.FromHours(100) };
        await using var log = await SharedLog.StartAsync(redis);
        var one = await log.AddReplicaAsync(options);
        async Task ShouldBeKeptAsync()
        {
            (await log.Database.KeyTimeToLiveAsync(log.Key)).ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromHours(99), options.InterestFor);
            await log.Database.KeyExpireAsync(log.Key, TimeSpan.FromHours(50));
        }

        await ShouldBeKeptAsync();
        (await one.AppendAsync("b a")).ShouldBeTrue();
        await ShouldBeKeptAsync();
        await one.Log.KeepAsync();
        await ShouldBeKeptAsync();
        log.Clock.Advance(TimeSpan.FromMinutes(59));
        await one.Log.KeepAsync(); // a hundredth of the time has not passed
        (await log.Database.KeyTimeToLiveAsync(log.Key)).ShouldNotBeNull().ShouldBeLessThan(TimeSpan.FromHours(51));
        log.Clock.Advance(TimeSpan.FromMinutes(1));
        await one.Log.KeepAsync();
        await ShouldBeKeptAsync();
    }

    private static int Checkpoints(string[] fields) => fields.Count(field => field.EndsWith(":0", StringComparison.Ordinal));

    private sealed record LogVersion(object Position, List<string> Ids)
    {
        public override string ToString() => $"{Position}: {string.Join(' ', Ids)}";
    }
}
