using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NclueGateway.Budget;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Changes;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.TaskRuns.Snapshot;
using NclueGateway.Tests.TaskRuns.Snapshot.Log;

namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>
/// Readers who come from another replica, with a version that this one has not read yet. Both share a real Redis of the test's own.
/// </summary>
[Trait("Needs", "RealTime")]
public sealed class SharedPositionsTests : IAsyncLifetime
{
    private const string Changes = "/api/task-runs/changes";

    private readonly Dictionary<string, string?> _settings = [];
    private RedisServer? _redis;
    private GatewayHost? _one;
    private GatewayHost? _silent;
    private HttpClient? _client;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private RedisServer Redis => _redis!;

    private GatewayHost One => _one!;

    /// <summary>A replica that appends what the other one has not read.</summary>
    private GatewayHost Silent => _silent!;

    private HttpClient Client => _client!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        foreach (var (name, value) in ReplicaSettings.For(
            Redis.Address, "positions", ("Cache:FreshFor", "00:01:00"), ("Changes:Every", "00:01:00")))
        {
            _settings[name] = value;
        }

        _one = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 90 }, _settings, realTime: true);
        _silent = await One.StartReplicaAsync(_settings);
        _client = One.CreateFastClient();
        One.AskForSnapshot();
        await One.UntilShownAsync().WaitAsync(TimeSpan.FromSeconds(30), Ct);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Silent.DisposeAsync();
        await One.DisposeAsync();
        await Redis.DisposeAsync();
    }

    [Fact]
    public async Task A_version_that_this_replica_has_not_read_yet_is_read_from_the_log()
    {
        var ahead = await AppendAsync();

        await using var reader = await OpenAsync(Client, ahead);
        (await reader.NextAsync("bookmark")).EventId.ShouldBe(ahead.ToString());

        ahead = await AppendAsync();
        var poll = await One.AskAsync($"{Changes}?since={ahead}");
        (poll.Status, poll.Link("next")).ShouldBe((HttpStatusCode.OK, $"{Changes}?since={ahead}"));
    }

    [Fact]
    public async Task A_version_beyond_the_log_does_not_exist_and_one_of_another_log_leads_nowhere()
    {
        var top = await AppendAsync();

        await using var beyond = await OpenAsync(Client, top with { Number = top.Number + 1 });
        beyond.Status.ShouldBe(HttpStatusCode.BadRequest);
        await using var foreign = await OpenAsync(Client, top with { Chain = top.Chain ^ 1 });
        (await foreign.NextAsync())!.Value.ShouldSatisfyAllConditions(
            message => message.EventType.ShouldBe("reset"), message => message.EventId.ShouldBe(top.ToString()));
        await using var later = await OpenAsync(Client, top with { Epoch = top.Epoch + 1 });
        (await later.NextAsync())!.Value.EventType.ShouldBe("reset");
        (await One.AskAsync($"{Changes}?since={top with { Chain = top.Chain ^ 1 }}")).Problem.ShouldBe("/problems/changes-expired");
    }

    [Fact]
    public async Task Before_it_is_noticed_that_Redis_does_not_reply_such_a_reader_waits_at_its_version()
    {
        var ahead = await AppendAsync();
        await Redis.SignalAsync("STOP");

        var poll = One.AskAsync($"{Changes}?since={ahead}");
        await using var reader = await OpenAsync(Client, ahead);
        reader.Status.ShouldBe(HttpStatusCode.OK);
        var waiting = (await reader.NextAsync())!.Value;

        (waiting.EventType, waiting.EventId).ShouldBe(("bookmark", ahead.ToString()));
        ((await poll).Status, (await poll).Headers["Retry-After"]).ShouldBe((HttpStatusCode.ServiceUnavailable, "1"), (await poll).Text);
        await Redis.SignalAsync("CONT");
        var newer = await ReplicaSettings.EventuallyAsync(AppendAsync, _ => true);
        (await reader.NextAsync("changes")).EventId.ShouldBe(newer.ToString());
    }

    [Fact]
    public async Task A_read_of_the_log_that_began_before_the_version_was_appended_is_repeated()
    {
        var held = new HeldLog();
        await using var two = await One.StartReplicaAsync(_settings, services: held.Decorate);
        using var client = two.CreateFastClient();
        await using (var first = await OpenAsync(client, await AppendAsync()))
        {
            await first.NextAsync("bookmark");
        }

        held.Hold();
        await AppendAsync();
        var reading = two.Snapshot().ReadLogAsync();
        await held.HasRead;
        var ahead = await AppendAsync();
        var locating = two.Services.GetRequiredService<SnapshotReader>().LocateAsync(ahead, Ct); // it shares the read
        held.Release();

        await reading;
        (await locating).ShouldBe(VersionPlace.Kept);
    }

    private async Task<SnapshotVersion> AppendAsync() => SnapshotVersion.Of(await Silent.AppendNamesAsync(1));

    private static Task<EventReader> OpenAsync(HttpClient client, SnapshotVersion lastEventId) =>
        EventReader.OpenAsync(client, "", ("Last-Event-ID", lastEventId.ToString()));

    /// <summary>A log whose reads a test holds up after they have read.</summary>
    private sealed class HeldLog : ISnapshotLog
    {
        private readonly TaskCompletionSource _hasRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private ISnapshotLog? _log;
        private volatile bool _isHolding;

        public Task HasRead => _hasRead.Task;

        public string? Away => _log!.Away;

        public void Decorate(IServiceCollection services)
        {
            services.RemoveAll<ISnapshotLog>();
            services.AddSingleton<ISnapshotLog>(provider =>
            {
                _log = ActivatorUtilities.CreateInstance<SharedSnapshotLog>(provider);
                return this;
            });
        }

        public void Hold() => _isHolding = true;

        public void Release()
        {
            _isHolding = false;
            _released.SetResult();
        }

        public async Task<IReadOnlyList<SnapshotState>?> ReadAsync(SnapshotState state)
        {
            var states = await _log!.ReadAsync(state);
            if (_isHolding)
            {
                _hasRead.TrySetResult();
                await _released.Task;
            }

            return states;
        }

        public Task<SnapshotState?> AppendAsync(SnapshotState state, LogEntry entry) => _log!.AppendAsync(state, entry);

        public Task CheckpointAsync(SnapshotState state) => _log!.CheckpointAsync(state);

        public Task KeepAsync() => _log!.KeepAsync();
    }
}
