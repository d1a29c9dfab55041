namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// The coordinator of a replica without Redis. Replicas that share nothing cannot agree on an order, so each uses only its share of the
/// budget: one request per <c>Nclue:RequestInterval</c> × <c>Nclue:ReplicaCount</c>, the interval of its <see cref="RequestGate"/>.
/// </summary>
internal sealed class LocalCoordinator(RequestGate gate, LatestLogPosition log) : IUpstreamCoordinator
{
    private bool _servedWait;
    private long _permits;

    public TimeSpan Interval => gate.Interval;

    public TimeSpan? UntilOpen => gate.UntilOpen;

    public bool ServedWait => Volatile.Read(ref _servedWait);

    public bool IsBackgroundTurn => BackgroundTurn.IsNext(Volatile.Read(ref _permits));

    public SharedPause? Pause => null;

    public PermitCount? Permits => new(Volatile.Read(ref _permits), TimeSpan.Zero, default);

    public IReadOnlyList<Backlog> BacklogOfOtherReplicas => [];

    public TimeSpan? UnderWayElsewhere(int block) => null;

    public Task StartAsync() => Task.CompletedTask;

    public Task RunAsync(CancellationToken stop) => Task.CompletedTask;

    public ValueTask LeaveAsync() => default;

    public void Announce(FetchRequest request)
    {
        // There is no other replica to see it.
    }

    public ValueTask<Permit?> ClaimAsync(int? block, FetchRequest request, long known)
    {
        var permit = gate.TryAcquire(since: log.Current);
        if (permit is not null)
        {
            Interlocked.Increment(ref _permits);
            Volatile.Write(ref _servedWait, request.Class == FetchPriority.Wait);
        }

        return new(permit);
    }

    public ValueTask<long> EndAsync(Permit permit, int? block, FetchOutcome end) => default;

    public ValueTask PauseAsync(Permit permit, ThrottlePolicy rule, TimeSpan? askedFor) => default;
}
