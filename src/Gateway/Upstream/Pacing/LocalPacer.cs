namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// The pacer of a replica without Redis. Replicas that share nothing cannot agree on who goes when, so each keeps to its share of the budget:
/// one request per <c>Nclue:RequestInterval</c> × <c>Nclue:ReplicaCount</c>, the interval of its <see cref="Wire"/>.
/// </summary>
internal sealed class LocalPacer(Wire wire) : IPacer
{
    private bool _servedWait;

    public TimeSpan Interval => wire.Interval;

    public TimeSpan? UntilOpen => wire.UntilOpen;

    public bool ServedWait => Volatile.Read(ref _servedWait);

    public SharedPause? Pause => null;

    public IReadOnlyList<Queue> Elsewhere => [];

    public TimeSpan? UnderWayElsewhere(int block) => null;

    public Task StartAsync() => Task.CompletedTask;

    public Task RunAsync(CancellationToken stop) => Task.CompletedTask;

    public ValueTask LeaveAsync() => default;

    public void Announce(Bid bid)
    {
        // There is no other replica to see it.
    }

    public ValueTask<Departure?> ClaimAsync(int? block, Bid bid, long known)
    {
        var departure = wire.TryDepart();
        if (departure is not null)
        {
            Volatile.Write(ref _servedWait, bid.Class == BidClass.Wait);
        }

        return new(departure);
    }

    public ValueTask<long> EndAsync(Departure departure, int? block, CallEnd end) => default;

    public ValueTask PauseAsync(Departure departure, PauseRule rule, TimeSpan? askedFor) => default;
}
