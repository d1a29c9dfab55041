using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Access.RateLimits;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Pages;
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
    private static readonly IMeterFactory Meters =
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
    private static readonly TaskRunNormalizer Normalizer = new(TimeZoneInfo.Utc, HelpLanguage.En);

    private readonly CancellationTokenSource _stop = new();
    private readonly int _number;

    public SimulatedReplica(World world, ModelRedis redis, ModelNclue nclue, NclueOptions options, CacheOptions cache, int number)
    {
        _number = number;
        Process = new SimulatedProcess(world, origin: world.Random.NextInt64(TimeSpan.TicksPerDay));
        var time = Process.Time;
        var changes = new ChangeSignal();
        var clock = new RedisClock(time);
        var directory = new BlockDirectory(clock, time);
        var credentials = new NclueCredentials(options.Keys, NullLogger<NclueCredentials>.Instance);
        Circuit = new RedisCircuit(time, NullLogger<RedisCircuit>.Instance);
        var pacing = new PacingSettings(options.RequestInterval, options.ReplicaCount, cache.KeepFor);
        var session = new RedisCoordinatorSession(redis.ScriptFor(Process), Circuit, clock, directory, credentials, changes, pacing, time);
        var forecast = new PermitForecast(session, Circuit, clock, pacing, time);
        var gate = new RequestGate(pacing.Interval, time, changes, new RedisPermitIssuer(session, forecast, Circuit, pacing, time));
        Pacer = new RedisCoordinator(gate, session, forecast, directory, Circuit, clock, time);
        List = new BlockCache(cache, time);
        var store = new DistributedBlockStore(redis.CacheFor(Process), Circuit, "prefix", "settings", cache.KeepFor);
        var shared = new SharedBlocks(
            List, Pacer, directory, store, BlockFormat.Known, Circuit, cache, time, NullLogger<SharedBlocks>.Instance);
        var normalizer = new DiagnosingNormalizer(
            Normalizer, List, Meters, options, time, NullLogger<DiagnosingNormalizer>.Instance);
        var log = new RefreshDiagnostics(NullLogger<Refresher>.Instance, options);
        var quota = new QuotaOptions { ColdBlocks = 4 };
        Refresher = new Refresher(
            List,
            Pacer,
            nclue.SourceFor(Process, gate, options),
            credentials,
            changes,
            shared,
            normalizer,
            log,
            new RefreshMetrics(Meters),
            cache,
            quota,
            time,
            new Random(number));
        Reader = new PageReader(List, Refresher.Waits, shared, cache, time);
        StartedAt = world.Now;
        Process.Run(() => _ = WatchAsync(world));
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
}
