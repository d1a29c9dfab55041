using NclueGateway.Access;
using NclueGateway.Nclue;

namespace NclueGateway.TaskRuns;

/// <summary>One reader's wait. It keeps its place while what it needs changes; disposing it ends the wait, and nothing else.</summary>
internal sealed class BlockWait(BlockRefresher refresher, CallerIdentity caller) : IDisposable
{
    private readonly List<int> _registered = [];

    /// <summary>Waits for these blocks from now on, and tells what to expect.</summary>
    public WaitForecast For(IReadOnlyCollection<int> blocks) => refresher.Wait(caller, _registered, blocks);

    public void Dispose() => refresher.Wait(caller, _registered, []);
}

/// <summary>What a waiting reader can expect.</summary>
/// <param name="IsOverQuota">Its caller waits for as many blocks as it may (<c>Quota:ColdBlocks</c>); it does not wait for all it asked for.</param>
/// <param name="IsCollapsed">Somebody else had asked for all of it before.</param>
/// <param name="Expected">How long it will probably take.</param>
/// <param name="IsOverdue">Whether a call for it has been under way for so long that the next could have departed.</param>
/// <param name="Failure">What went wrong last, while that stands.</param>
internal readonly record struct WaitForecast(
    bool IsOverQuota, bool IsCollapsed, TimeSpan Expected, bool IsOverdue, NclueFailure? Failure);
