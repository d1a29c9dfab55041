using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Observability;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>The normalised content of one response of the upstream.</summary>
/// <param name="Rows">The rows, ready to be served.</param>
/// <param name="UnknownStatuses">
/// The undocumented status of each run that has one, trimmed, cut to 40 characters and cleaned for the log; <c>(none)</c>
/// for a run without a status.
/// </param>
/// <param name="CreatedAt">
/// Per received row: the time of creation; null where it cannot be read and for a dropped row.
/// </param>
internal sealed record NormalizedResponse(
    TaskRunRows Rows, IReadOnlyList<string> UnknownStatuses, IReadOnlyList<DateTimeOffset?> CreatedAt);

/// <summary>
/// Converts the body of one upstream response to rows for callers. It is tolerant of the fields of a run, because the
/// documentation guarantees none. It is strict about the body itself: a truncated or foreign body, accepted as a short
/// list, would end the list there.
/// </summary>
/// <remarks>
/// The rows depend on body, zone and language only: replicas with equal settings produce equal bytes. Thread-safe.
/// </remarks>
internal sealed class TaskRunNormalizer(TimeZoneInfo zone, HelpLanguage language)
{
    private const int MaxStatusLength = 40;

    // Strictly RFC 8259: no comments, no trailing commas, nothing after the value.
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 64 };

    private readonly TaskRunWriter _writer = new(zone, language);

    /// <summary>Converts a body to rows.</summary>
    /// <param name="body">The whole body. Its content type is not considered: NCP sends JSON as text/plain.</param>
    /// <param name="response">The rows; the first 100 of them.</param>
    /// <param name="error">The reason why the body cannot be read; it quotes nothing of the body.</param>
    public bool TryNormalize(
        ReadOnlyMemory<byte> body, [NotNullWhen(true)] out NormalizedResponse? response, [NotNullWhen(false)] out string? error)
    {
        var json = WithoutByteOrderMark(body.Span);
        var rows = new Utf8JsonReader(json, Strict);
        response = null;
        try
        {
            error = FindRows(ref rows, out var total);
            if (error is null)
            {
                response = ReadRows(ref rows, total, json.Length);
            }
        }
        catch (JsonException e)
        {
            // Its message would quote the body.
            error = $"the body is not JSON, or too deeply nested (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})";
        }

        return response is not null;
    }

    /// <summary>
    /// Reads the whole body, so that a malformed body is detected before any row is converted, and sets the reader to
    /// the start of the rows. Of fields with the same name the last one counts.
    /// </summary>
    /// <returns>The reason why the body cannot be read; null when it can.</returns>
    private static string? FindRows(ref Utf8JsonReader reader, out long? total)
    {
        total = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return "the body is not a JSON object";
        }

        var rows = reader;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonText.Decode(in reader);
            reader.Read();
            switch (name)
            {
                case "total":
                    total = JsonText.ReadCount(ref reader);
                    break;
                case "runs":
                    rows = reader; // a copy of the struct, which keeps its position
                    reader.Skip();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.Read(); // throws when something follows the object
        reader = rows;
        return reader.TokenType == JsonTokenType.StartArray ? null : "the body has no array 'runs'";
    }

    private NormalizedResponse ReadRows(ref Utf8JsonReader reader, long? total, int expectedBytes)
    {
        var rows = new TaskRunRowsBuilder(expectedBytes);
        var createdAt = new List<DateTimeOffset?>(TaskRunRows.Capacity);
        var ids = new HashSet<string>(TaskRunRows.Capacity);
        var unknown = new List<string>();

        while (rows.Count < TaskRunRows.Capacity && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (NclueTaskRun.Read(ref reader) is not { Id: not null } sent || !ids.Add(sent.Id))
            {
                rows.Drop();
                createdAt.Add(null);
                continue;
            }

            var run = _writer.Write(rows.Begin(), sent);
            rows.End();
            createdAt.Add(run.CreatedAt);
            if (run.Status == TaskRunDtos.TaskRunStatus.Unknown)
            {
                var status = LoggedText.Clean((sent.Status ?? "").Trim(), MaxStatusLength);
                unknown.Add(status.Length > 0 ? status : "(none)");
            }
        }

        return new NormalizedResponse(rows.Build(total), unknown, createdAt);
    }

    private static ReadOnlySpan<byte> WithoutByteOrderMark(ReadOnlySpan<byte> body)
    {
        var mark = "\uFEFF"u8;
        return body.StartsWith(mark) ? body[mark.Length..] : body;
    }
}
