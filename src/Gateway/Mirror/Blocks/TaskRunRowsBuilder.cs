using System.Buffers;
using System.IO.Hashing;

namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// Builds the rows of one response. Each received row is either written, between <see cref="Begin"/> and
/// <see cref="End"/>, or dropped.
/// </summary>
/// <param name="expectedBytes">Approximate length of the JSON; at least 1.</param>
internal sealed class TaskRunRowsBuilder(int expectedBytes)
{
    private readonly ArrayBufferWriter<byte> _json = new(expectedBytes);
    private readonly List<int> _ends = new(TaskRunRows.Capacity);
    private readonly List<UInt128> _hashes = new(TaskRunRows.Capacity);
    private readonly List<ulong> _idHashes = new(TaskRunRows.Capacity);
    private int _start;

    /// <summary>Number of rows received so far.</summary>
    public int Count => _ends.Count;

    /// <summary>True if no row has been written yet.</summary>
    public bool IsEmpty => _json.WrittenCount == 0;

    /// <summary>Adds a row that is already JSON.</summary>
    public void Add(ReadOnlySpan<byte> row)
    {
        Begin().Write(row);
        End();
    }

    /// <summary>Starts a row. Its JSON object, with the id first, is written to the returned writer.</summary>
    public IBufferWriter<byte> Begin()
    {
        if (_json.WrittenCount > 0)
        {
            _json.Write(","u8);
        }

        _start = _json.WrittenCount;
        return _json;
    }

    /// <summary>Ends the row that was begun last.</summary>
    public void End()
    {
        var row = _json.WrittenSpan[_start..];
        _ends.Add(_json.WrittenCount);
        _hashes.Add(XxHash128.HashToUInt128(row));
        _idHashes.Add(XxHash3.HashToUInt64(TaskRunRows.IdOf(row)));
    }

    /// <summary>
    /// Adds an empty slot for a row that cannot be shown, so that the rows after it keep their positions.
    /// </summary>
    public void Drop()
    {
        _ends.Add(_json.WrittenCount);
        _hashes.Add(UInt128.Zero);
        _idHashes.Add(0);
    }

    public TaskRunRows Build(long? total) => new()
    {
        Json = _json.WrittenSpan.ToArray(),
        Ends = [.. _ends],
        Hashes = [.. _hashes],
        IdHashes = [.. _idHashes],
        Total = total,
    };
}
