using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>One replica as the script sees it.</summary>
internal sealed class PacerReplica(string name)
{
    private readonly RedisClock _clock = new(TimeProvider.System);
    private CoordinatorResponse? _last;

    public CoordinatorRequest Next(Random random, long now)
    {
        var operation = random.Next(8) switch
        {
            0 => CoordinatorOperation.Look,
            1 => CoordinatorOperation.End,
            2 => CoordinatorOperation.Write,
            3 when random.Next(40) == 0 => CoordinatorOperation.Pause,
            _ => CoordinatorOperation.Claim,
        };
        return Claim(random.Next(60), now) with
        {
            Operation = operation,
            Number = operation == CoordinatorOperation.Write ? 0 : _last?.Number ?? 0,
        };
    }

    public CoordinatorRequest Claim(int block, long now) => new(CoordinatorOperation.Claim)
    {
        Replica = name,
        ReplicaCount = 2,
        Slot = _last?.Slot ?? -1,
        Now = _clock.At(now).Least,
        Unsure = _clock.At(now).Most - _clock.At(now).Least,
        Interval = OddPacer.Interval,
        Patience = 100,
        Grace = 3,
        Lease = 3_600_000,
        Settle = 4 * OddPacer.Interval,
        Gap = 45,
        Quiet = 4 * OddPacer.Interval,
        LongestPause = OddPacer.LongestPause,
        Keep = 86_400_000,
        IsSettled = true,
        Epoch = _last?.Epoch ?? 0,
        News = _last?.News ?? 0,
        Class = FetchPriority.Wait,
        Since = _clock.At(now).Least,
        Queue = new(3, 2, [1, 2, 3]),
        Block = block,
        Known = 99_999_999_999_999,
        Fetched = _clock.At(now).Least,
        End = FetchOutcome.Stored,
        Kind = "throttled",
        First = 2,
        Most = 40,
    };

    public void Take(CoordinatorResponse reply, long askedAt, long receivedAt)
    {
        _last = reply;
        _clock.Observe(askedAt, receivedAt, reply.Now);
    }
}
