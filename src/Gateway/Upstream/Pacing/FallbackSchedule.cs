using System.Numerics;

namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// The schedule by which a replica sends without Redis: in its own slot of a cycle. All replicas determine the position
/// in the cycle from Redis' clock, which each extrapolates. A slot is one interval and a <see cref="Window"/> long. Its
/// replica sends within the window at the start of the slot. So requests of neighbours are at least one interval apart,
/// although no replica knows the time exactly.
/// </summary>
/// <param name="Slot">This replica's slot, from 0.</param>
/// <param name="Length">Number of slots in the cycle.</param>
/// <param name="Interval">Minimum time between two requests (ms).</param>
internal readonly record struct FallbackSchedule(int Slot, int Length, long Interval)
{
    /// <summary>Time for which a slot is open (ms).</summary>
    public const long Window = 100;

    /// <summary>
    /// Time for which Redis keeps a slot for a replica that does not call, and for which a replica uses its slot
    /// without Redis.
    /// </summary>
    public static readonly TimeSpan Lease = TimeSpan.FromHours(1);

    private long Width => Interval + Window;

    /// <summary>
    /// Returns the schedule that is safe without Redis. For a while after a change of the cycle, not all replicas know of it. In that
    /// time a replica sends only in slots that it owns under both the old and the new cycle.
    /// </summary>
    /// <returns>Null for a slot that did not exist before the change.</returns>
    public static FallbackSchedule? Of(CoordinatorResponse last, long settle, long interval)
    {
        if (last.Now - last.CycledAt >= settle)
        {
            return new(last.Slot, last.Cycle, interval);
        }

        var divisor = (int)BigInteger.GreatestCommonDivisor(last.Cycle, last.PreviousCycle);
        return last.Slot < Math.Min(last.Cycle, last.PreviousCycle)
            ? new(last.Slot, last.Cycle / divisor * last.PreviousCycle, interval)
            : null;
    }

    /// <summary>Returns the time until the slot opens (ms), zero while it is open; null when the time is not known well enough.</summary>
    /// <param name="atLeast">Lower bound of Redis' clock.</param>
    /// <param name="atMost">Upper bound of Redis' clock.</param>
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
}
