using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace NclueGateway.TaskRuns;

/// <summary>Blocks in memory by number, at most <paramref name="capacity"/> of them: the least recently read goes first.</summary>
/// <remarks>Any number of readers, one writer.</remarks>
internal sealed class MemoryBlockStore(int capacity)
{
    private readonly ConcurrentDictionary<int, HeldBlock> _blocks = new();

    public IEnumerable<KeyValuePair<int, HeldBlock>> All => _blocks;

    public bool TryGet(int number, [NotNullWhen(true)] out HeldBlock? held) => _blocks.TryGetValue(number, out held);

    /// <summary>Stores the newest copy of a block, read last at timestamp <paramref name="now"/> when it is new here.</summary>
    /// <returns>The block that had to go for it, if any.</returns>
    public int? Set(TaskRunBlock block, long now)
    {
        if (_blocks.TryGetValue(block.Number, out var held))
        {
            held.Renew(block);
            return null;
        }

        int? evicted = null;
        if (_blocks.Count >= capacity)
        {
            evicted = _blocks.MinBy(b => b.Value.LastReadAt).Key;
            Remove(evicted.Value);
        }

        _blocks[block.Number] = new HeldBlock(block, now);
        return evicted;
    }

    public void Remove(int number) => _blocks.TryRemove(number, out _);
}
