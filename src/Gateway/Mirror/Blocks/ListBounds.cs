namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// The known bounds of the upstream's list. The documentation leaves open whether <c>total</c> counts the runs of the
/// account or of the response. So the gateway relies first on the number of received rows, then on <c>total</c>, and
/// newer evidence overrides older evidence.
/// </summary>
/// <remarks>Immutable: a reader works with one state from beginning to end.</remarks>
internal sealed record ListBounds
{
    public static readonly ListBounds Unknown = new();

    /// <summary>Number of rows of the list; null while it is not proved.</summary>
    public long? Length { get; private init; }

    /// <summary>
    /// First index at which there is no row; null while no end is proved. Equals <see cref="Length"/> when that is
    /// known.
    /// </summary>
    public long? End { get; private init; }

    /// <summary>The block whose response proves <see cref="End"/>.</summary>
    public int BoundaryBlock { get; private init; }

    /// <summary>The highest block known to be full, or −1.</summary>
    private int LastFull { get; init; } = -1;

    /// <summary>Timestamp of the departure of the request whose response proves <see cref="End"/>.</summary>
    private long ProvedAt { get; init; } = long.MinValue;

    /// <summary>
    /// The highest block that may be requested. While no end is proved: the first block that is not proved to be full.
    /// </summary>
    public int HighestFetchableBlock => End is { } end ? Math.Max(BoundaryBlock, BlockOf(end - 1)) : LastFull + 1;

    /// <summary>Returns the bounds after one more block has been received.</summary>
    /// <param name="block">The block.</param>
    /// <param name="isFull">
    /// Returns true if another block is full, by a copy that is at most <c>Cache:FreshFor</c> older than this block.
    /// </param>
    public ListBounds With(TaskRunBlock block, Func<int, bool> isFull)
    {
        var first = (long)block.Number * TaskRunRows.Capacity;
        var rows = block.Rows;
        if (block.DepartedAt < ProvedAt && Contradicts(first, rows))
        {
            return this; // it was requested before the evidence that it contradicts
        }

        if (!rows.IsFull)
        {
            if (rows.Count == 0 && first > End)
            {
                return this; // an empty block past the known end proves nothing new
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
            return next with
            {
                Length = rows.Total,
                End = rows.Total,
                BoundaryBlock = block.Number,
                ProvedAt = Math.Max(ProvedAt, block.DepartedAt),
            };
        }

        // A full block without a larger total proves no end. It disproves an end before its last row. It also disproves
        // an end that an earlier copy of the same block proved.
        if (End < after || (End > after && BoundaryBlock == block.Number))
        {
            return next with { Length = null, End = null, ProvedAt = Math.Max(ProvedAt, block.DepartedAt) };
        }

        // The empty block after this one has proved only that the list ends at this block or before it. This full block
        // proves that the list ends exactly after it.
        return End == after && Length is null ? next with { Length = after } : next;
    }

    /// <summary>
    /// Returns the bounds without the end. Used when the block that proves the end has been evicted: the age of that
    /// proof is then unknown.
    /// </summary>
    public ListBounds WithoutEnd() => this with { Length = null, End = null };

    /// <summary>Returns the number of the block that contains row <paramref name="index"/>.</summary>
    public static int BlockOf(long index) => index < 0 ? 0 : (int)Math.Min(index / TaskRunRows.Capacity, int.MaxValue);

    /// <summary>
    /// Returns true if the rows, or the end that they prove, contradict the known bounds. An empty block proves only an
    /// upper bound, which does not contradict an end before it.
    /// </summary>
    private bool Contradicts(long first, TaskRunRows rows)
    {
        var after = first + rows.Count;
        var proves = !rows.IsFull ? after : rows.Total > after ? rows.Total : null;
        return after > End || proves > End || (proves < Length && (rows.Count > 0 || first == 0));
    }
}
