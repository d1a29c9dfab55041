using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>A query on the list of runs.</summary>
/// <param name="Filter">The conditions.</param>
/// <param name="Sort">The order.</param>
/// <param name="Limit">Maximum number of runs of a page, 1 to 100.</param>
/// <param name="Index">The first run of the page, counted from 0; 0 with a cursor.</param>
/// <param name="Cursor">The position from which a chain of pages goes on; null to begin one.</param>
/// <param name="IsPartial">True to get a response although the list is not complete yet.</param>
/// <param name="Text">
/// The query string without <c>index</c>, <c>limit</c> and <c>cursor</c>, each value in one spelling and in one order: equal queries have
/// equal texts.
/// </param>
internal sealed record ListQuery(
    RunFilter Filter, RunSort Sort, int Limit, int Index, QueryCursor? Cursor, bool IsPartial, string Text)
{
    /// <summary>Hash of <see cref="Text"/>, by which a cursor shows that it is of another query.</summary>
    public ulong Hash { get; } = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(Text.AsSpan()));
}

/// <summary>A query on the counts of runs.</summary>
/// <param name="Filter">The conditions.</param>
/// <param name="Per">The unit of the counts by time; null for none.</param>
/// <param name="IsPartial">True to get a response although the list is not complete yet.</param>
/// <param name="Text">The query string in one spelling and order.</param>
internal sealed record SummaryQuery(RunFilter Filter, SummaryUnit? Per, bool IsPartial, string Text);

/// <summary>The units of the counts by time of creation.</summary>
internal enum SummaryUnit
{
    Hour,
    Day,
}
