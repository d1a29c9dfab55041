namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// The pacer of a replica without Redis. Replicas that share nothing cannot agree on who goes when, so each keeps to its share of the budget:
/// one request per <c>Nclue:RequestInterval</c> × <c>Nclue:ReplicaCount</c>, the interval of its <see cref="RequestGate"/>.
/// </summary>
internal sealed class LocalCoordinator(RequestGate wire) : IUpstreamCoordinator
{
    private bool _servedWait;

    public TimeSpan Interval => wire.Interval;

    public TimeSpan? UntilOpen => wire.UntilOpen;

    public bool ServedWait => Volatile.Read(ref _servedWait);

    public SharedPause? Pause => null;

    public IReadOnlyList<Backlog> Elsewhere => [];

    public TimeSpan? UnderWayElsewhere(int block) => null;

    public Task StartAsync() => Task.CompletedTask;

    public Task RunAsync(CancellationToken stop) => Task.CompletedTask;

    public ValueTask LeaveAsync() => default;

    public void Announce(FetchRequest bid)
    {
        // There is no other replica to see it.
    }

    public ValueTask<Permit?> ClaimAsync(int? block, FetchRequest bid, long known)
    {
        var departure = wire.TryAcquire();
        if (departure is not null)
        {
            Volatile.Write(ref _servedWait, bid.Class == FetchPriority.Wait);
        }

        return new(departure);
    }

    public ValueTask<long> EndAsync(Permit departure, int? block, FetchOutcome end) => default;

    public ValueTask PauseAsync(Permit departure, ThrottlePolicy rule, TimeSpan? askedFor) => default;
}
