namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// When a replica without Redis departs: in a slot of its own, in a cycle that all replicas count on the Redis clock that they carry on. A slot is
/// one interval and a <see cref="Window"/> long, and its replica departs within the window at its head, so that departures of neighbours are at
/// least one interval apart, although no replica knows the time exactly.
/// </summary>
/// <param name="Slot">This replica's slot, from 0.</param>
/// <param name="Length">How many slots the cycle has.</param>
/// <param name="Interval">The least time between two departures (ms).</param>
internal readonly record struct FallbackSchedule(int Slot, int Length, long Interval)
{
    /// <summary>How long a slot is open (ms).</summary>
    public const long Window = 100;

    private long Width => Interval + Window;

    /// <summary>
    /// The cycle that nobody who heard of the pacer last will contradict. A change takes a while until everybody has heard of it; whoever heard
    /// of it no longer ago cannot know who else has, and departs only where its slot is the same before and after.
    /// </summary>
    /// <returns>Null for a slot that did not exist before the change.</returns>
    public static FallbackSchedule? Of(CoordinatorResponse last, long settle, long interval)
    {
        if (last.Now - last.CycledAt >= settle)
        {
            return new(last.Slot, last.Cycle, interval);
        }

        return last.Slot < Math.Min(last.Cycle, last.PreviousCycle)
            ? new(last.Slot, LeastCommonMultiple(last.Cycle, last.PreviousCycle), interval)
            : null;
    }

    /// <summary>How long until the slot is open (ms), zero while it is; null when the time is not known well enough.</summary>
    /// <param name="atLeast">What Redis' clock shows at the least.</param>
    /// <param name="atMost">What it shows at the most.</param>
    public long? UntilOpen(long atLeast, long atMost)
    {
        var unsure = atMost - atLeast;
        if (unsure >= Window)
        {
            return null;
        }

        var cycle = Length * Width;
        var since = (((atLeast - (Slot * Width)) % cycle) + cycle) % cycle;
        return since + unsure < Window ? 0 : cycle - since;
    }

    private static int LeastCommonMultiple(int a, int b)
    {
        var (x, y) = (a, b);
        while (y != 0)
        {
            (x, y) = (y, x % y);
        }

        return a / x * b;
    }
}
