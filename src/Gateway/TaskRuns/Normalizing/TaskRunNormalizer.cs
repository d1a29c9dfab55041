using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Observability;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>The normalised content of one response of the upstream.</summary>
/// <param name="Rows">The rows, ready to be served.</param>
/// <param name="UnknownStatuses">
/// The undocumented status of each run that has one, trimmed, cut to 40 characters and cleaned for the log; <c>(none)</c>
/// for a run without a status.
/// </param>
/// <param name="Runs">Per received row: the run as it was written; null for a dropped row.</param>
internal sealed record NormalizedResponse(
    TaskRunRows Rows, IReadOnlyList<string> UnknownStatuses, IReadOnlyList<TaskRunDtos.TaskRun?> Runs) : NormalizedRows(Rows);

/// <summary>
/// Converts the body of one upstream response to rows for callers. It is tolerant of the fields of a run, because the
/// documentation guarantees none. It is strict about the body itself, because a truncated or foreign body would look
/// like a short list, and so like the end of the list.
/// </summary>
/// <remarks>
/// The rows depend on body, zone and language only: replicas with equal settings produce equal bytes. Thread-safe.
/// </remarks>
internal sealed class TaskRunNormalizer(TimeZoneInfo zone, HelpLanguage language)
{
    private const int MaxStatusLength = 40;

    private readonly TaskRunWriter _writer = new(zone, language);

    /// <summary>Converts a body to rows.</summary>
    /// <param name="body">The whole body. Its content type is not considered: NCP sends JSON as text/plain.</param>
    /// <param name="response">The rows; the first 100 of them.</param>
    /// <param name="error">The reason why the body cannot be read; it quotes nothing of the body.</param>
    public bool TryNormalize(
        ReadOnlyMemory<byte> body, [NotNullWhen(true)] out NormalizedResponse? response, [NotNullWhen(false)] out string? error)
    {
        var mark = Encoding.UTF8.Preamble;
        (response, error) = (null, null);
        try
        {
            using var json = JsonText.Parse(body.Span.StartsWith(mark) ? body.Span[mark.Length..] : body.Span);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                error = "the body is not a JSON object";
            }
            else if (!json.RootElement.TryGetProperty("runs", out var rows) || rows.ValueKind != JsonValueKind.Array)
            {
                error = "the body has no array 'runs'";
            }
            else
            {
                response = ReadRows(rows, JsonText.ReadCount(json.RootElement, "total"), body.Length);
            }
        }
        catch (JsonException e)
        {
            // Its message would quote the body.
            error = $"the body is not JSON, or too deeply nested (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})";
        }

        return response is not null;
    }

    private NormalizedResponse ReadRows(JsonElement sent, long? total, int expectedBytes)
    {
        var rows = new TaskRunRowsBuilder(expectedBytes);
        var runs = new List<TaskRunDtos.TaskRun?>(TaskRunRows.Capacity);
        var ids = new HashSet<string>(TaskRunRows.Capacity);
        var unknown = new List<string>();
        foreach (var row in sent.EnumerateArray().Take(TaskRunRows.Capacity))
        {
            if (row.ValueKind != JsonValueKind.Object || JsonText.Read(row, "run_id") is not { } id || !ids.Add(id))
            {
                rows.Drop();
                runs.Add(null);
                continue;
            }

            var run = _writer.Write(rows.Begin(), id, row);
            rows.End();
            runs.Add(run);
            if (run.Status == TaskRunDtos.TaskRunStatus.Unknown)
            {
                var status = LoggedText.Clean((JsonText.Read(row, "status") ?? "").Trim(), MaxStatusLength);
                unknown.Add(status.Length > 0 ? status : "(none)");
            }
        }

        return new NormalizedResponse(rows.Build(total), unknown, runs);
    }
}
