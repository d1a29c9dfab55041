using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Blocks;

/// <summary>The blocks that the other replicas have fetched.</summary>
internal interface ISharedBlocks
{
    /// <summary>Raised at the end of each lookup.</summary>
    event EventHandler<BlockLookedUpEventArgs>? LookedUp;

    /// <summary>
    /// Reads a key that does not exist, so that the connection to Redis is open before the first caller needs it.
    /// </summary>
    Task StartAsync();

    /// <summary>The blocks of which another replica has stored a newer copy.</summary>
    IEnumerable<int> Newer { get; }

    /// <summary>Returns true if another replica has stored a newer copy of the block.</summary>
    bool HasNewer(int block);

    /// <summary>Returns true if a lookup of the block is under way.</summary>
    bool IsLooking(int block);

    /// <summary>
    /// Looks up the newest copy. Concurrent calls share one lookup; <see cref="LookedUp"/> is raised before it ends.
    /// </summary>
    Task LookAsync(int block);

    /// <summary>
    /// Returns the time (Redis' clock, ms) of the newest copy that this replica has, or could not read; 0 for none.
    /// </summary>
    long Known(int block);

    /// <summary>
    /// Stores the block that a request has fetched, and then reports the end of the request to the other replicas.
    /// </summary>
    /// <param name="permit">The permit of the request.</param>
    /// <param name="number">The block that it was for.</param>
    /// <param name="block">The block that it has fetched; null without one.</param> <param name="hasResponse">True if
    /// the upstream has sent a response, readable or not.</param>
    Task EndAsync(Permit permit, int number, TaskRunBlock? block, bool hasResponse);
}

/// <summary>Event data for the end of a lookup.</summary>
/// <param name="block">The block that it has found; null for none.</param>
internal sealed class BlockLookedUpEventArgs(TaskRunBlock? block) : EventArgs
{
    public TaskRunBlock? Block => block;
}

/// <summary>The implementation without Redis: no other replica has fetched any block.</summary>
internal sealed class NoSharedBlocks : ISharedBlocks
{
    public event EventHandler<BlockLookedUpEventArgs>? LookedUp
    {
        add { }
        remove { }
    }

    public Task StartAsync() => Task.CompletedTask;

    public IEnumerable<int> Newer => [];

    public bool HasNewer(int block) => false;

    public bool IsLooking(int block) => false;

    public Task LookAsync(int block) => Task.CompletedTask;

    public long Known(int block) => 0;

    public Task EndAsync(Permit permit, int number, TaskRunBlock? block, bool hasResponse) => Task.CompletedTask;
}
