using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// Reads the query and writes the list of <c>GET /api/v1/task-runs</c>
/// (<c>api.ncloud-docs.com/docs/nclue-gettaskrunlist</c>).
/// </summary>
internal static class SimulatedTaskRunList
{
    public const string Path = "/api/v1/task-runs";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Reads the two parameters; null for a value outside the documented range. It is a guess that the upstream rejects
    /// such values.
    /// </summary>
    public static (long? Index, int? Limit) ReadQuery(IQueryCollection query)
    {
        var index = Read(query["index"], 0);
        var limit = Read(query["limit"], 20);
        return (index, limit is >= 1 and <= 100 ? (int)limit : null);

        static long? Read(StringValues values, long missing) =>
            values.Count == 0 ? missing
            : values.Count == 1 && long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : null;
    }

    public static ReadOnlyMemory<byte> Write(
        long index, int limit, SimulatedRuns all, SimulatedIndexUnit unit, TotalCounts counts, DateTimeOffset now)
    {
        var (runs, total) = all.Slice(unit == SimulatedIndexUnit.Row ? index : Math.Min(index, int.MaxValue) * limit, limit);
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        using var json = new Utf8JsonWriter(buffer, Plain);
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteNumber("limit", limit);
        if (counts != TotalCounts.Absent)
        {
            json.WriteNumber("total", counts == TotalCounts.Account ? total : runs.Length);
        }

        json.WriteStartArray("runs");
        foreach (var run in runs)
        {
            run.WriteTo(json, now);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Writes a part of other rows, which are JSON objects.</summary>
    public static ReadOnlyMemory<byte> Write(long index, int limit, IReadOnlyList<string> rows)
    {
        var part = rows.Skip((int)Math.Min(index, int.MaxValue)).Take(limit);
        return Encoding.UTF8.GetBytes($$"""{"total":{{rows.Count}},"runs":[{{string.Join(',', part)}}]}""");
    }
}
