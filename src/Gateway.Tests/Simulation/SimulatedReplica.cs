using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Access.RateLimits;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Changes;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// One gateway process: the real code from the reader to the request gate, with models of Redis and NCLUE.
/// </summary>
internal sealed class SimulatedReplica : IDisposable
{
    private static readonly DisposedMeters Meters = new();
    private static readonly TaskRunNormalizer Normalizer = new(TimeZoneInfo.Utc, HelpLanguage.En);

    private readonly CancellationTokenSource _stop = new();
    private readonly int _number;
    private Func<ChangeStream>? _createStream;

    public SimulatedReplica(World world, ModelRedis redis, ModelNclue nclue, NclueOptions options, CacheOptions cache, int number,
        SnapshotOptions? snapshot = null, SnapshotBug? bug = null, string logKey = ModelRedis.UsualLog)
    {
        _number = number;
        Process = new SimulatedProcess(world, origin: world.Random.NextInt64(TimeSpan.TicksPerDay));
        var time = Process.Time;
        var changes = new ChangeSignal();
        var latest = new LatestLogPosition();
        var clock = new RedisClock(time);
        var directory = new BlockDirectory(clock, time);
        var credentials = new NclueCredentials(options.Keys, NullLogger<NclueCredentials>.Instance);
        Circuit = new RedisCircuit(time, NullLogger<RedisCircuit>.Instance);
        var pacing = new PacingSettings(options.RequestInterval, options.ReplicaCount, cache.KeepFor) { LogKey = logKey };
        var session = new RedisCoordinatorSession(
            redis.ScriptFor(Process), Circuit, clock, directory, credentials, changes, latest, pacing, time);
        var forecast = new PermitForecast(session, Circuit, clock, pacing, time);
        var gate = new RequestGate(pacing.Interval, time, changes, new RedisPermitIssuer(session, forecast, Circuit, pacing, time));
        Pacer = new RedisCoordinator(gate, session, forecast, directory, Circuit, clock, latest, time);
        List = new BlockCache(cache, time);
        var blocks = new DistributedBlockStore(redis.CacheFor(Process), Circuit, "prefix", "settings", cache.KeepFor);
        var shared = new SharedBlocks(
            List, Pacer, directory, blocks, BlockFormat.Known, Circuit, cache, time, NullLogger<SharedBlocks>.Instance);
        IRowNormalizer normalizer = new DiagnosingNormalizer(
            Normalizer, List, Meters, options, time, NullLogger<DiagnosingNormalizer>.Instance);
        normalizer = nclue.Account is null ? normalizer : new RememberingNormalizer(normalizer, nclue.Normalized);
        var wholeList = snapshot is null ? new NoWholeListReader() : CreateSnapshot(snapshot);
        var diagnostics = new RefreshDiagnostics(NullLogger<Refresher>.Instance, options);
        var quota = new QuotaOptions { ColdBlocks = 4 };
        Refresher = new Refresher(
            List,
            Pacer,
            nclue.SourceFor(Process, gate, options),
            credentials,
            changes,
            shared,
            normalizer,
            diagnostics,
            new RefreshMetrics(Meters),
            cache,
            quota,
            wholeList,
            time,
            new Random(number));
        Reader = new PageReader(List, Refresher.Waits, shared, cache, time);
        StartedAt = world.Now;
        Process.Run(() => _ = WatchAsync(world));

        IWholeListReader CreateSnapshot(SnapshotOptions settings)
        {
            var departures = new DepartureClock(time, clock);
            Interest = new SnapshotInterest(settings, cache, changes, time);
            Versions = new SnapshotVersions(settings, time);
            var store = redis.LogFor(Process, logKey);
            var circuit = new SnapshotLogCircuit(time, NullLogger<SnapshotLogCircuit>.Instance);
            ISnapshotLog log = new SharedSnapshotLog(
                store,
                circuit,
                settings,
                time,
                new UnreadableValues(NullLogger<UnreadableValues>.Instance),
                new SnapshotLogMetrics(Meters, circuit, Interest),
                NullLogger<SharedSnapshotLog>.Instance);
            var schedule = new SnapshotSchedule(Interest, settings, departures, changes, time);
            Snapshot = new(
                bug?.Log(log, store, circuit, redis) ?? log,
                latest,
                Versions,
                Interest,
                schedule,
                new SnapshotDiagnostics(new LoggerOfDefects(world)),
                new SnapshotMetrics(Meters),
                departures,
                settings,
                options,
                changes,
                time);
            _createStream = () => new(
                new(Snapshot, Versions, Interest, schedule, log, Refresher!.Waits, departures, cache, settings, options, time),
                Snapshot,
                Versions,
                new ChangeSets(Versions),
                new ChangeEvents(departures, time),
                new ChangesMetrics(Meters),
                time);
            return bug?.Reader(Snapshot, latest, nclue, redis) ?? Snapshot;
        }
    }

    public override string ToString() =>
        $"replica {_number} (open in {Pacer.UntilOpen?.TotalSeconds:0.000} s, {Refresher.Status}, "
        + $"Redis replies: {Circuit.State.IsAvailable})";

    public SimulatedProcess Process { get; }

    public RedisCircuit Circuit { get; }

    public RedisCoordinator Pacer { get; }

    public BlockCache List { get; }

    public Refresher Refresher { get; }

    public PageReader Reader { get; }

    /// <summary>The snapshot; null without one.</summary>
    public SnapshotWriter? Snapshot { get; private set; }

    public SnapshotVersions? Versions { get; private set; }

    public SnapshotInterest? Interest { get; private set; }

    /// <summary>Creates what sends the changes of the snapshot to the readers of event streams.</summary>
    public ChangeStream CreateStream() => _createStream!();

    public long StartedAt { get; }

    public bool IsStopping { get; private set; }

    /// <summary>Stops the process gracefully (SIGTERM).</summary>
    public void Stop()
    {
        IsStopping = true;
        Process.Run(_stop.Cancel);
    }

    public void Dispose() => _stop.Dispose();

    private async Task WatchAsync(World world)
    {
        try
        {
            await Refresher.RunAsync(_stop.Token);
        }
        catch (Exception failure)
        {
            world.Fail(failure);
        }
    }

    /// <summary>Fails the run when the snapshot meets what it did not expect.</summary>
    private sealed class LoggerOfDefects(World world) : ILogger<SnapshotDiagnostics>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> format)
        {
            if (level >= LogLevel.Error)
            {
                world.Fail(new InvariantException($"{exception?.GetType().Name}: {exception?.Message ?? format(state, exception)}"));
            }
        }
    }
}
