namespace NclueGateway.Upstream;

/// <summary>The rows of the upstream's list that one request is for.</summary>
/// <param name="FirstRow">The first row, counted from 0.</param>
/// <param name="Limit">Number of rows, 50 to 100: the request's <c>limit</c>.</param>
/// <param name="Index">The request's <c>index</c>.</param>
internal readonly record struct RowWindow(int FirstRow, int Limit, int Index)
{
    /// <summary>
    /// Number of the window at row 0. Requests are numbered: block n is n, and the window at row r is this number + r. No release takes one
    /// for the other.
    /// </summary>
    private const int FirstNumber = 1_000_000_000;

    private const int Longest = NclueClient.BlockSize;
    private const int Shortest = Longest / 2;

    /// <summary>Returns the number of the window at a row.</summary>
    public static int NumberOf(int row) => FirstNumber + row;

    /// <summary>Returns true if a number is a window's, not a block's.</summary>
    public static bool IsWindow(int number) => number >= FirstNumber;

    /// <summary>Returns the rows of a block or window.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="unit">Unit of the request's <c>index</c>.</param>
    public static RowWindow Of(int number, IndexUnit unit) =>
        (IsWindow(number), unit) switch
        {
            (false, IndexUnit.Row) => new(number * Longest, Longest, number * Longest),
            (false, _) => new(number * Longest, Longest, number),
            (true, IndexUnit.Row) => new(number - FirstNumber, Longest, number - FirstNumber),
            _ => Page(number - FirstNumber),
        };

    /// <summary>
    /// Returns the page of 50 to 100 rows with the most rows from a row on; of several, the longest. It has at least 50 of them, and begins
    /// at most 50 rows before the row.
    /// </summary>
    private static RowWindow Page(int row)
    {
        var limit = Enumerable.Range(Shortest, Longest - Shortest + 1).MaxBy(length => (length - (row % length), length));
        return new(row / limit * limit, limit, row / limit);
    }
}
