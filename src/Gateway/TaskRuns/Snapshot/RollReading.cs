using System.Text.Json.Serialization;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>A response that was taken in: when it departed, and which runs it held.</summary>
/// <param name="Departure">Departure of the request: milliseconds by the clock that all replicas share.</param>
/// <param name="Since">Number of the newest log entry when the request was permitted.</param>
/// <param name="IsHead">True if it began at row 0.</param>
/// <param name="IsEnd">True if the list ends with it.</param>
/// <param name="Held">The runs that it held, in the roll's order.</param>
/// <param name="HolesAtHead">Number of holes before its first run, if <paramref name="IsHead"/>.</param>
/// <param name="Length">Number of rows of the list, proved by its end; null without <paramref name="IsEnd"/>.</param>
/// <param name="Total">The upstream's <c>total</c>; null when it sent none. It is not documented what it counts.</param>
/// <param name="Order">The order of its times of creation; <see cref="ListOrder.Unknown"/> when they show none.</param>
/// <param name="IsDisordered">True if its runs stand in another order than the roll's.</param>
/// <param name="IsNoCount">True if <paramref name="Total"/> is less than the rows that it shows: it does not count the account.</param>
internal sealed record RollReading(
    long Departure,
    long Since,
    bool IsHead,
    bool IsEnd,
    IReadOnlyList<HeldRange> Held,
    int HolesAtHead = 0,
    long? Length = null,
    long? Total = null,
    ListOrder Order = ListOrder.Unknown,
    bool IsDisordered = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool IsNoCount = false)
{
    /// <summary>Number of runs that may be created while NCLUE counts the list and reads its rows.</summary>
    private const int CountedTooEarly = 10;

    /// <summary>Returns what a response proves.</summary>
    /// <param name="response">The response.</param>
    /// <param name="slots">Its rows, without those of removed runs.</param>
    /// <param name="holds">Returns true for a run that the roll holds once the response was taken in.</param>
    /// <param name="isPlaced">True if its rows have a place in the roll. Otherwise nothing is known about what stands between them.</param>
    /// <param name="isDisordered">True if its runs stand in another order than the roll's.</param>
    public static RollReading Of(
        ListResponse response, SnapshotRun?[] slots, Func<SnapshotRun, bool> holds, bool isPlaced, bool isDisordered)
    {
        var held = new List<HeldRange>();
        var (holes, holesAtHead) = ((int?)0, 0);
        foreach (var slot in slots)
        {
            if (slot is null)
            {
                holes++;
            }
            else if (!holds(slot))
            {
                holes = null; // a run without a place
            }
            else
            {
                var isFirst = held.Count == 0;
                holesAtHead = isFirst ? holes ?? 0 : holesAtHead;
                if (!isFirst)
                {
                    held[^1] = held[^1] with { HolesBehind = isPlaced ? holes : null };
                }

                if (!isFirst && holes == 0 && isPlaced)
                {
                    held[^1] = new(held[^1].First, slot.Id, null);
                }
                else
                {
                    held.Add(new(slot.Id, slot.Id, null));
                }

                holes = 0;
            }
        }

        if (held.Count > 0 && response.IsShort && isPlaced)
        {
            held[^1] = held[^1] with { HolesBehind = holes };
        }

        var isWhole = slots.Length == response.Slots.Count; // removed runs were counted too
        return new(
            response.Departure,
            response.Since,
            isPlaced && response.FirstRow == 0,
            isPlaced && response.IsShort,
            held,
            held.Count == 0 ? holes ?? 0 : holesAtHead,
            response.IsShort && isWhole && isPlaced ? response.FirstRow + slots.Length : null,
            isWhole ? response.Total : null,
            OrderOf(slots.Select(run => run?.Columns.CreatedAt)),
            isDisordered,
            response.Slots.Count > 0 && response.Total + CountedTooEarly < response.FirstRow + response.Slots.Count);
    }

    /// <summary>Returns the order of the times of creation, if all neighbours agree.</summary>
    public static ListOrder OrderOf(IEnumerable<DateTimeOffset?> created)
    {
        var times = created.OfType<DateTimeOffset>().ToArray();
        var steps = times.Zip(times.Skip(1)).Select(pair => pair.Second.CompareTo(pair.First)).Where(step => step != 0).ToArray();
        return steps.Length == 0 ? ListOrder.Unknown
            : Array.TrueForAll(steps, step => step < 0) ? ListOrder.NewestFirst
            : Array.TrueForAll(steps, step => step > 0) ? ListOrder.OldestFirst
            : ListOrder.Unknown;
    }
}
