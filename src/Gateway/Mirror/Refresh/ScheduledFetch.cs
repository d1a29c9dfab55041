using NclueGateway.Access.Callers;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>The block to request next.</summary>
/// <param name="Block">Its number.</param>
/// <param name="Class">
/// The priority. A block of a reader that was refused and will retry has the priority of a waiting reader.
/// </param>
/// <param name="Since">
/// The timestamp since which the caller has waited for its turn, or of the departure of the block's copy.
/// </param>
/// <param name="Caller">The waiting caller whose turn it is; null if no caller waits.</param>
/// <param name="IsForWholeList">True if the snapshot needs a response of its own: a copy of another replica does not replace it.</param>
internal readonly record struct ScheduledFetch(
    int Block, FetchPriority Class, long Since, CallerKey? Caller, bool IsForWholeList = false);
