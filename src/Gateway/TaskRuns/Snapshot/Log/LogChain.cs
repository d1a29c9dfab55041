using System.IO.Hashing;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>The chain of the log: each entry's hash depends on all entries before it, so that equal chains mean equal logs.</summary>
internal static class LogChain
{
    /// <summary>Returns the chain with one more entry.</summary>
    public static ulong Next(ulong chain, ReadOnlySpan<byte> entry) => XxHash3.HashToUInt64(entry, unchecked((long)chain));
}
