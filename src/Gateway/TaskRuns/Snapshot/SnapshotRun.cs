using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>One run as a response contained it. Equal runs have equal bytes on every replica.</summary>
/// <param name="Json">The run as a JSON object, UTF-8.</param>
/// <param name="Columns">The values that callers can ask for.</param>
internal sealed record SnapshotRun(ReadOnlyMemory<byte> Json, RunColumns Columns)
{
    /// <summary>The run's id.</summary>
    public string Id => Columns.Id;

    /// <summary>True if the run has ended, so that its value is not expected to change.</summary>
    public bool IsFinished => Columns.IsFinished;

    /// <summary>Hash of <see cref="Json"/>: equal values have equal hashes.</summary>
    public UInt128 Hash { get; } = XxHash128.HashToUInt128(Json.Span);

    /// <summary>Returns the run with JSON of its own. A part of a response keeps the whole response in memory.</summary>
    public SnapshotRun Detach() => this with { Json = Json.ToArray() };

    /// <summary>Returns the hash of an id, with which <see cref="Roll.Find"/> skips other ids.</summary>
    public static uint HashOf(string id) => (uint)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(id.AsSpan()));
}
