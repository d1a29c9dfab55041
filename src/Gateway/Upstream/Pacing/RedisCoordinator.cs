using NclueGateway.Redis;
using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// The pacer of replicas that share one Redis: each departure is granted by one atomic step there. While Redis is away, a replica departs in its own
/// slot of a cycle. A claim without a reply counts as spent and not granted.
/// </summary>
internal sealed class RedisCoordinator(
    RequestGate wire,
    RedisCoordinatorSession session,
    PermitForecast forecast,
    BlockDirectory directory,
    RedisCircuit circuit,
    RedisClock clock,
    TimeProvider time) : IUpstreamCoordinator
{
    public TimeSpan Interval => wire.Interval;

    public TimeSpan? UntilOpen =>
        wire.UntilOpen is { } untilWire && forecast.UntilOpen(time.GetTimestamp()) is var untilGrant
            ? untilWire > untilGrant ? untilWire : untilGrant
            : null;

    public bool ServedWait => session.Last?.Reply.Last == FetchPriority.Wait;

    public SharedPause? Pause => session.Pause;

    public IReadOnlyList<Backlog> Elsewhere => circuit.State.IsAnswering == true && session.Last is { } last ? last.Reply.Elsewhere : [];

    public TimeSpan? UnderWayElsewhere(int block) => session.UnderWayElsewhere(block);

    public Task StartAsync() => session.LookAsync(RedisCircuit.StartPatience);

    public Task RunAsync(CancellationToken stop) => session.RunAsync(stop);

    public async ValueTask LeaveAsync() => await session.CallAsync(new(PacerOperation.Leave));

    public void Announce(FetchRequest bid) => session.Announce(bid);

    public async ValueTask<Permit?> ClaimAsync(int? block, FetchRequest bid, long known)
    {
        var number = block ?? CoordinatorRequest.NoBlock;
        var askedAt = time.GetTimestamp();
        session.Announce(bid);
        if (forecast.UntilOpen(askedAt) > TimeSpan.Zero)
        {
            return null;
        }

        if (circuit.State.IsAnswering == false)
        {
            return wire.TryAcquire(new(0, clock.At(askedAt).Least, askedAt));
        }

        var reply = await session.CallAsync(new(PacerOperation.Claim) { Block = number, Known = known });
        switch (reply?.Outcome)
        {
            case PacerOutcome.Granted when wire.TryAcquire(new(reply.Value, reply.Now, askedAt)) is { } departure:
                session.Begin(number);
                return departure;
            case PacerOutcome.Newer:
                directory.Set(number, reply.Value);
                break;
            case PacerOutcome.Wait:
                forecast.Wait(reply.Value);
                break;
        }

        return null;
    }

    public async ValueTask<long> EndAsync(Permit departure, int? block, FetchOutcome end)
    {
        var number = block ?? CoordinatorRequest.NoBlock;
        var fetched = departure.Grant.Time;
        session.End(number);
        var reply = await session.CallAsync(new(PacerOperation.End) { Block = number, Fetched = fetched, End = end });
        return reply?.Outcome switch
        {
            PacerOutcome.Stored => reply.Value,
            PacerOutcome.Late => fetched,
            _ => 0,
        };
    }

    public async ValueTask PauseAsync(Permit departure, ThrottlePolicy rule, TimeSpan? askedFor) =>
        await session.CallAsync(new(PacerOperation.Pause)
        {
            Fetched = departure.Grant.Time,
            Kind = rule.Name,
            First = rule.First.ToMilliseconds(),
            Most = rule.Longest.ToMilliseconds(),
            Asked = Math.Min((askedFor ?? TimeSpan.Zero).ToMilliseconds(), RedisCoordinatorSession.LongestPause),
        });
}
