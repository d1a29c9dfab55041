using NclueGateway.Redis;
using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// The coordinator of replicas that share one Redis: each permit is granted by one atomic step there. While Redis is
/// unavailable, a replica sends in its own slot of a cycle. If a claim gets no reply, its permit counts as used, and no
/// request is sent.
/// </summary>
internal sealed class RedisCoordinator(
    RequestGate gate,
    RedisCoordinatorSession session,
    PermitForecast forecast,
    BlockDirectory directory,
    RedisCircuit circuit,
    RedisClock clock,
    LatestLogPosition latest,
    TimeProvider time) : IUpstreamCoordinator
{
    public TimeSpan Interval => gate.Interval;

    public TimeSpan? UntilOpen =>
        gate.UntilOpen is { } untilGate && forecast.UntilOpen(time.GetTimestamp()) is var untilGrant
            ? untilGate > untilGrant ? untilGate : untilGrant
            : null;

    public bool ServedWait => session.Last?.Reply.Last == FetchPriority.Wait;

    public bool IsBackgroundTurn => session.Last is { Reply.Number: var number } && BackgroundTurn.IsNext(number);

    public SharedPause? Pause => session.Pause;

    public PermitCount? Permits => circuit.State is { IsAvailable: true, Since: var since } && session.Last is { } last
        ? new(last.Reply.Number, time.GetElapsedTime(last.AskedAt), (last.Reply.Epoch, since))
        : null;

    public IReadOnlyList<Backlog> BacklogOfOtherReplicas =>
        circuit.State.IsAvailable == true && session.Last is { } last ? last.Reply.BacklogOfOtherReplicas : [];

    public TimeSpan? UnderWayElsewhere(int block) => session.UnderWayElsewhere(block);

    public Task StartAsync() => session.LookAsync(RedisCircuit.StartPatience);

    public Task RunAsync(CancellationToken stop) => session.RunAsync(stop);

    public async ValueTask LeaveAsync() => await session.CallAsync(new(CoordinatorOperation.Leave));

    public void Announce(FetchRequest request) => session.Announce(request);

    public async ValueTask<Permit?> ClaimAsync(int? block, FetchRequest request, long known)
    {
        var number = block ?? CoordinatorRequest.NoBlock;
        var askedAt = time.GetTimestamp();
        session.Announce(request);
        if (forecast.UntilOpen(askedAt) > TimeSpan.Zero)
        {
            return null;
        }

        if (circuit.State.IsAvailable == false)
        {
            return gate.TryAcquire(new(0, clock.At(askedAt).Least, askedAt));
        }

        var reply = await session.CallAsync(new(CoordinatorOperation.Claim) { Block = number, Known = known });
        switch (reply?.Outcome)
        {
            case CoordinatorOutcome.Granted when gate.TryAcquire(new(reply.Value, reply.Now, askedAt), Since(reply)) is { } permit:
                session.Begin(number);
                return permit;
            case CoordinatorOutcome.Newer:
                directory.Set(number, reply.Value);
                break;
            case CoordinatorOutcome.Wait:
                forecast.Wait(reply.Value);
                break;
        }

        return null;
    }

    public async ValueTask<long> EndAsync(Permit permit, int? block, FetchOutcome end)
    {
        var number = block ?? CoordinatorRequest.NoBlock;
        var fetched = permit.Grant.Time;
        session.End(number);
        var reply = await session.CallAsync(new(CoordinatorOperation.End) { Block = number, Fetched = fetched, End = end });
        return reply?.Outcome switch
        {
            CoordinatorOutcome.Stored => reply.Value,
            CoordinatorOutcome.Late => fetched,
            _ => 0,
        };
    }

    public async ValueTask PauseAsync(Permit permit, ThrottlePolicy rule, TimeSpan? askedFor) =>
        await session.CallAsync(new(CoordinatorOperation.Pause)
        {
            Fetched = permit.Grant.Time,
            Kind = rule.Name,
            First = rule.First.ToMilliseconds(),
            Most = rule.Longest.ToMilliseconds(),
            Asked = Math.Min((askedFor ?? TimeSpan.Zero).ToMilliseconds(), RedisCoordinatorSession.LongestPause),
        });

    /// <summary>Returns the position of the log at a grant. A replica whose log is not in Redis knows its own position.</summary>
    private LogPosition? Since(CoordinatorResponse grant) => session.ReadsLog ? grant.Log : latest.Current;
}
