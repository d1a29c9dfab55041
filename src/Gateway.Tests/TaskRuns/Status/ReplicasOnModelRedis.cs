using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Redis;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Simulation;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.TaskRuns.Status;

/// <summary>
/// Whole gateways that share a budget through a model of Redis, by a fake clock. Of Redis they share nothing else.
/// </summary>
internal sealed class ReplicasOnModelRedis : ICoordinatorScript, IAsyncDisposable
{
    private readonly GatewayHost _surroundings;
    private readonly List<GatewayHost> _replicas = [];
    private readonly Lock _lock = new();
    private PacerModel _redis = new();
    private bool _isAway;

    private ReplicasOnModelRedis(GatewayHost surroundings) => _surroundings = surroundings;

    public FakeTimeProvider Clock => _surroundings.Clock;

    public SimulatedNclue Nclue => _surroundings.Nclue;

    public static async Task<ReplicasOnModelRedis> StartAsync() => new(await GatewayHost.StartAsync());

    /// <summary>Starts another replica.</summary>
    public async Task<GatewayHost> AddAsync()
    {
        var replica = await _surroundings.StartReplicaAsync(QueryHosts.Settings(("Cache:FreshFor", "01:00:00")), Clock, services => services
            .AddSingleton<RedisCircuit>()
            .AddPacing("account")
            .AddSingleton<ICoordinatorScript>(this)
            .AddSingleton(new PacingSettings(TimeSpan.FromSeconds(1.05), ReplicaCount: 2, KeepFor: TimeSpan.FromDays(1)))); // without a log
        _replicas.Add(replica);
        return replica;
    }

    /// <summary>Stops a replica gracefully.</summary>
    public async Task RemoveAsync(GatewayHost replica)
    {
        _replicas.Remove(replica);
        await replica.StopAsync();
        await replica.DisposeAsync();
    }

    /// <summary>Redis no longer replies.</summary>
    public void LoseRedis() => _isAway = true;

    /// <summary>Redis replies again, with the state that it had.</summary>
    public void ReturnRedis() => _isAway = false;

    /// <summary>Redis has lost its data.</summary>
    public void EmptyRedis() => _redis = new();

    /// <summary>Lets a minute end.</summary>
    public Task LetMinuteEndAsync() => Clock.LetMinuteEndAsync(UntilSettledAsync);

    /// <summary>Lets time pass.</summary>
    public async Task LetPassAsync(TimeSpan time)
    {
        for (var end = Clock.GetUtcNow() + time; Clock.GetUtcNow() < end;)
        {
            await Clock.StepAsync();
            await UntilSettledAsync();
        }
    }

    /// <summary>Lets a replica depart a number of times.</summary>
    public async Task DepartAsync(GatewayHost replica, int count)
    {
        var coordinator = replica.Services.GetRequiredService<IUpstreamCoordinator>();
        while (count > 0)
        {
            await LetPassAsync(TimeSpan.FromSeconds(0.5));
            if (await coordinator.ClaimAsync(block: null, new(FetchPriority.Wait, Clock.GetTimestamp(), default), known: 0) is { } permit)
            {
                permit.Close();
                count--;
            }
        }
    }

    public Task<CoordinatorResponse> RunAsync(CoordinatorRequest call)
    {
        lock (_lock)
        {
            return _isAway
                ? Task.FromException<CoordinatorResponse>(new TimeoutException())
                : Task.FromResult(_redis.Run(call, Clock.GetUtcNow().ToUnixTimeMilliseconds()));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        await _surroundings.DisposeAsync();
    }

    /// <summary>Lets each replica call Redis, as it does once a second.</summary>
    private Task UntilSettledAsync() => Task.WhenAll(_replicas.Select(
        replica => replica.Services.GetRequiredService<RedisCoordinatorSession>().LookAsync(RedisCircuit.Patience)));
}
