using System.Text;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>
/// One message of an event stream as UTF-8 (https://html.spec.whatwg.org/#event-stream-interpretation). It is written once, and all
/// connections send the same bytes.
/// </summary>
internal sealed class EventMessage
{
    private readonly byte[] _bytes;
    private readonly int _dataStart;
    private readonly int _dataLength;

    /// <param name="name">The name of the event.</param>
    /// <param name="json">The data: JSON without line breaks.</param>
    /// <param name="id">The version that it leaves the reader at; null for none.</param>
    public EventMessage(string name, ReadOnlySpan<byte> json, string? id)
    {
        var head = Encoding.ASCII.GetBytes($"event: {name}\ndata: ");
        var tail = Encoding.ASCII.GetBytes(id is null ? "\n\n" : $"\nid: {id}\n\n");
        _bytes = [.. head, .. json, .. tail];
        (_dataStart, _dataLength) = (head.Length, json.Length);
    }

    /// <summary>The whole message, with the empty line that ends it.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The data.</summary>
    public ReadOnlyMemory<byte> Json => _bytes.AsMemory(_dataStart, _dataLength);
}
