namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// What is known of the length of the upstream's list. The documentation leaves open whether <c>total</c> counts the account or the
/// answer, so rows that came, or did not come, are believed first, and the newest evidence decides.
/// </summary>
/// <remarks>Immutable: a reader works with one state of it from beginning to end.</remarks>
internal sealed record ListBounds
{
    public static readonly ListBounds Unknown = new();

    /// <summary>How many rows the list has; null while that is not proved.</summary>
    public long? Length { get; private init; }

    /// <summary>There is no row at this index or after it; null while no end is proved. Equals <see cref="Length"/> when that is known.</summary>
    public long? End { get; private init; }

    /// <summary>The block whose answer proves <see cref="End"/>.</summary>
    public int BoundaryBlock { get; private init; }

    /// <summary>The highest block known to be full, or −1.</summary>
    private int LastFull { get; init; } = -1;

    /// <summary>When the evidence for <see cref="End"/> had departed.</summary>
    private long ProvedAt { get; init; } = long.MinValue;

    /// <summary>The highest block that may be asked for: with no end proved, the first one that is not proved to be full.</summary>
    public int HighestFetchableBlock => End is { } end ? Math.Max(BoundaryBlock, BlockOf(end - 1)) : LastFull + 1;

    /// <summary>The extent after one more block has come.</summary>
    /// <param name="block">The block.</param>
    /// <param name="isFull">Whether another block is full, as far as a copy tells that is young enough to be put together with this one.</param>
    public ListBounds With(TaskRunBlock block, Func<int, bool> isFull)
    {
        var first = (long)block.Number * TaskRunRows.Capacity;
        var rows = block.Rows;
        if (block.DepartedAt < ProvedAt && Contradicts(first, rows))
        {
            return this; // it left before the evidence that it contradicts
        }

        if (!rows.IsFull)
        {
            if (rows.Count == 0 && first > End)
            {
                return this; // an empty block says nothing new about a list that ends before it
            }

            var isExact = rows.Count > 0 || block.Number == 0 || Length == first || isFull(block.Number - 1);
            return this with
            {
                Length = isExact ? first + rows.Count : null,
                End = first + rows.Count,
                BoundaryBlock = block.Number,
                LastFull = Math.Min(LastFull, block.Number - 1),
                ProvedAt = Math.Max(ProvedAt, block.DepartedAt),
            };
        }

        var next = this with { LastFull = Math.Max(LastFull, block.Number) };
        var after = first + TaskRunRows.Capacity;
        if (rows.Total > after)
        {
            return next with { Length = rows.Total, End = rows.Total, BoundaryBlock = block.Number, ProvedAt = Math.Max(ProvedAt, block.DepartedAt) };
        }

        // A full block is the end of nothing: it takes back its own word, and an end before its own rows, but proves no other end.
        if (End < after || (End > after && BoundaryBlock == block.Number))
        {
            return next with { Length = null, End = null, ProvedAt = Math.Max(ProvedAt, block.DepartedAt) };
        }

        // The empty block after this one had proved only that the list ends here at the latest.
        return End == after && Length is null ? next with { Length = after } : next;
    }

    /// <summary>The extent when the block that proves the end is no longer held: an end that nobody can show the age of is none.</summary>
    public ListBounds WithoutEnd() => this with { Length = null, End = null };

    /// <summary>The block that row <paramref name="index"/> lies in.</summary>
    public static int BlockOf(long index) => index < 0 ? 0 : (int)Math.Min(index / TaskRunRows.Capacity, int.MaxValue);

    /// <summary>Whether rows, and the end that they prove, do not go together with what is known. A mere bound goes with any end before it.</summary>
    private bool Contradicts(long first, TaskRunRows rows)
    {
        var after = first + rows.Count;
        var proves = !rows.IsFull ? after : rows.Total > after ? rows.Total : null;
        return after > End || proves > End || (proves < Length && (rows.Count > 0 || first == 0));
    }
}
