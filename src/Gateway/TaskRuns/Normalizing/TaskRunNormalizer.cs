using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>What one answer of the upstream came to.</summary>
/// <param name="Rows">The rows, ready to be served.</param>
/// <param name="UnknownStatuses">Each status that is none of the documented ones, once and fit for a log line.</param>
/// <param name="UnknownStatusCount">How many runs have such a status, or none.</param>
/// <param name="CreatedAt">Per row received: the time of creation; null where it cannot be read and for a dropped row.</param>
internal sealed record NormalizedAnswer(
    TaskRunRows Rows, IReadOnlyList<string> UnknownStatuses, int UnknownStatusCount, IReadOnlyList<DateTimeOffset?> CreatedAt);

/// <summary>
/// Turns the body of one upstream answer into rows for callers. Tolerant of what a run holds, because the documentation promises no field;
/// strict about the body itself, because a cut or foreign body that passed as a short list would end the list there.
/// </summary>
/// <remarks>A pure function of body, zone and language: replicas with equal settings make equal bytes. Safe for concurrent use.</remarks>
internal sealed class TaskRunNormalizer(TimeZoneInfo zone, HelpLanguage language)
{
    // RFC 8259 to the letter: no comments, no trailing commas, nothing behind the value.
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 64 };

    private readonly TaskRunWriter _writer = new(zone, language);

    /// <param name="body">The whole body. Its content type says nothing: NCP sends JSON as text/plain.</param>
    /// <param name="answer">The rows; the first 100 of them.</param>
    /// <param name="error">Why the body cannot be read, in words that hold nothing of the body.</param>
    public bool TryNormalize(
        ReadOnlyMemory<byte> body, [NotNullWhen(true)] out NormalizedAnswer? answer, [NotNullWhen(false)] out string? error)
    {
        var json = WithoutByteOrderMark(body.Span);
        var rows = new Utf8JsonReader(json, Strict);
        answer = null;
        try
        {
            error = FindRows(ref rows, out var total);
            if (error is null)
            {
                answer = ReadRows(ref rows, total, json.Length);
            }
        }
        catch (JsonException e)
        {
            // Its message would quote the body.
            error = $"the body is not JSON, or too deeply nested (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})";
        }

        return answer is not null;
    }

    /// <summary>
    /// Walks the whole body, so that what is broken is found before a row is read, and leaves the reader at the start of the rows. Of
    /// fields with the same name the last wins.
    /// </summary>
    /// <returns>Null, or what is wrong with the answer.</returns>
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
                    rows = reader; // a copy, which stays where it is
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

    private NormalizedAnswer ReadRows(ref Utf8JsonReader reader, long? total, int expectedBytes)
    {
        var rows = new TaskRunRowsBuilder(expectedBytes);
        var createdAt = new List<DateTimeOffset?>(TaskRunRows.Capacity);
        var ids = new HashSet<string>(TaskRunRows.Capacity);
        var unknown = new UnknownStatuses();

        while (rows.Count < TaskRunRows.Capacity && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (NclueTaskRun.Read(ref reader) is not { Id: not null } run || !ids.Add(run.Id))
            {
                rows.Drop();
                createdAt.Add(null);
                continue;
            }

            var created = NclueTimestamp.Parse(run.CreatedAt, zone);
            var status = TaskRunStatus.OfRun(run.Status);
            if (status == TaskRunStatus.Unknown)
            {
                unknown.Add(run.Status);
            }

            _writer.Write(rows.Begin(), run, status, created);
            rows.End();
            createdAt.Add(created);
        }

        return new NormalizedAnswer(rows.Build(total), unknown.Distinct, unknown.Count, createdAt);
    }

    private static ReadOnlySpan<byte> WithoutByteOrderMark(ReadOnlySpan<byte> body)
    {
        var mark = "\uFEFF"u8;
        return body.StartsWith(mark) ? body[mark.Length..] : body;
    }
}
