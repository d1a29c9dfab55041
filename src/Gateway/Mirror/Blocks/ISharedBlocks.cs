using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Blocks;

/// <summary>The blocks that the other replicas have fetched.</summary>
internal interface ISharedBlocks
{
    /// <summary>Raised at the end of each lookup.</summary>
    event EventHandler<BlockLookedUpEventArgs>? LookedUp;

    /// <summary>Looks for something that nobody has stored, before there is anybody to wait for it.</summary>
    Task StartAsync();

    /// <summary>The blocks of which a newer copy than this replica's own can be had.</summary>
    IEnumerable<int> Newer { get; }

    /// <summary>Whether a newer copy than this replica's own can be had.</summary>
    bool HasNewer(int block);

    /// <summary>Whether a look is under way.</summary>
    bool IsLooking(int block);

    /// <summary>Looks for the newest copy, once however many ask; <see cref="LookedUp"/> is raised before it ends.</summary>
    Task LookAsync(int block);

    /// <summary>The time (Redis' clock, ms) of the newest copy that this replica has, or knows it cannot read; 0 for none.</summary>
    long Known(int block);

    /// <summary>A call has ended: tells the other replicas, and lets them have what it brought.</summary>
    /// <param name="departure">The departure of the call.</param>
    /// <param name="number">The block that it was for.</param>
    /// <param name="block">What it brought; null for nothing that can be read.</param>
    /// <param name="isAnswered">Whether the upstream has answered at all.</param>
    Task EndAsync(Permit departure, int number, TaskRunBlock? block, bool isAnswered);
}

/// <summary>The end of a lookup.</summary>
/// <param name="block">The block that it has brought; null for none.</param>
internal sealed class BlockLookedUpEventArgs(TaskRunBlock? block) : EventArgs
{
    public TaskRunBlock? Block => block;
}

/// <summary>Without Redis there are no other replicas.</summary>
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

    public Task EndAsync(Permit departure, int number, TaskRunBlock? block, bool isAnswered) => Task.CompletedTask;
}
