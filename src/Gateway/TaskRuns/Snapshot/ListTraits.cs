using System.Numerics;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// The properties of the upstream's list as a whole, as responses have shown them. NCLUE documents neither its order nor what
/// <c>total</c> counts.
/// It follows from the log alone, so that all replicas know the same.
/// </summary>
internal sealed record ListTraits
{
    public static readonly ListTraits Unknown = new();

    /// <summary>Number of responses whose order is remembered.</summary>
    private const int Remembered = 20;

    /// <summary>Number of disordered responses among them from which on the list counts as unordered.</summary>
    private const int MostDisordered = 3;

    /// <summary>The order of the list.</summary>
    public ListOrder Order { get; init; }

    /// <summary>A bit for each of the last 20 responses, 1 for a disordered one, the newest lowest.</summary>
    public uint Disorders { get; init; }

    /// <summary>Departure of the last response that began at row 0; 0 for none.</summary>
    public long HeadReadAt { get; init; }

    /// <summary>Departure of the last response that reached the end of the list; 0 for none.</summary>
    public long EndReadAt { get; init; }

    /// <summary>Number of rows without a usable id before the first run.</summary>
    public int HolesAtHead { get; init; }

    /// <summary>False if <c>total</c> has proved to count something else than the runs of the account.</summary>
    public bool TotalCounts { get; init; } = true;

    /// <summary>The newest number of runs that a response gave, as far as it counts; null for none.</summary>
    public long? ExpectedTotal { get; init; }

    /// <summary>Departure of the first response with a count that does not fit the roll; null while it fits.</summary>
    public long? MiscountedSince { get; init; }

    /// <summary>Departure of the last response whose value counts for the age of the edge, where new runs appear.</summary>
    public long EdgeReadAt => Order switch
    {
        ListOrder.NewestFirst => HeadReadAt,
        ListOrder.OldestFirst => EndReadAt,
        _ => Math.Min(HeadReadAt, EndReadAt),
    };

    /// <summary>Returns the traits after one more response.</summary>
    /// <param name="reading">The response.</param>
    /// <param name="roll">The roll after it.</param>
    public ListTraits With(RollReading reading, Roll roll)
    {
        var disorders = ((Disorders << 1) | (reading.IsDisordered ? 1u : 0)) & ((1u << Remembered) - 1);
        var next = this with
        {
            Disorders = disorders,
            Order = Order == ListOrder.Unordered || BitOperations.PopCount(disorders) >= MostDisordered ? ListOrder.Unordered
                : reading.Order == ListOrder.Unknown || reading.Order == Order ? Order
                : Order == ListOrder.Unknown ? reading.Order
                : ListOrder.Unknown,
            HeadReadAt = reading.IsHead ? Math.Max(HeadReadAt, reading.Departure) : HeadReadAt,
            EndReadAt = reading.IsEnd ? Math.Max(EndReadAt, reading.Departure) : EndReadAt,
            HolesAtHead = reading.IsHead ? reading.HolesAtHead : HolesAtHead,
            TotalCounts = TotalCounts && !reading.IsNoCount,
        };
        return next.Counting(reading, roll);
    }

    /// <summary>Compares the count of a response with the roll.</summary>
    private ListTraits Counting(RollReading reading, Roll roll)
    {
        if ((reading.Length ?? (TotalCounts ? reading.Total : null)) is not { } count)
        {
            return this;
        }

        var next = this with { ExpectedTotal = count };
        var (held, newer) = roll.CountAt(reading.Since);
        if (!roll.IsComplete || (count >= held && count <= held + newer))
        {
            return next with { MiscountedSince = null };
        }

        // A total that changes follows the list: the rows that were read before its last change prove nothing about it.
        if (MiscountedSince is not { } since || count != ExpectedTotal)
        {
            return next with { MiscountedSince = reading.Departure };
        }

        // All rows were read since, and it still does not fit: it is no count of the account.
        return reading.Length is null && roll.SweptAt >= since
            ? next with { TotalCounts = false, ExpectedTotal = null, MiscountedSince = null }
            : next;
    }
}
