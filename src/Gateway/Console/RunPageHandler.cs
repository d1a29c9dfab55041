using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using NclueGateway.Http;
using NclueGateway.Http.Pages;
using NclueGateway.Observability.Audit;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.Console;

/// <summary>Handles the page of one run.</summary>
/// <param name="list">The path of the list in the API.</param>
/// <param name="finder">Finds runs.</param>
/// <param name="frames">Builds the parts common to all pages.</param>
/// <param name="charts">The durations of the same task.</param>
/// <param name="metrics">Counts queries.</param>
/// <param name="http">The public origin of the gateway.</param>
internal sealed class RunPageHandler(
    string list, RunFinder finder, ConsoleFrames frames, BoardCharts charts, QueryMetrics metrics, HttpOptions http)
{
    private static readonly JsonSerializerOptions Indented =
        new(JsonSerializerOptions.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    private static readonly FailureCatalog KoreanGuide = new(HelpLanguage.Ko);
    private static readonly FailureCatalog EnglishGuide = new(HelpLanguage.En);

    public async Task HandleAsync(HttpContext context)
    {
        var id = RunHandler.ReadId(context);
        var (read, found) = await finder.FindAsync(id, context.RequestAborted);
        ConsoleFrames.SetHeaders(context, read.Snapshot is null ? null : read);
        if (found is null)
        {
            var refusal = read.Refusal ?? new ProblemResult(HttpProblems.NotFound);
            metrics.RecordRefusal(QueryOperation.Console, refusal.Problem);
            await refusal.ExecuteAsync(context);
            return;
        }

        metrics.Record(QueryOperation.Console, read);
        var audit = context.Features.Get<AuditEvent>();
        audit?.Parameters = [found.Id];
        audit?.RecordRead(Enum.GetName(read.Status.Outcome)!);
        var frame = frames.Of(context);
        var model = ModelOf(found, read.Snapshot!, context, frame.Clock);
        await PageResult.Of<RunPage>(new { Frame = frame, State = frames.StateOf(context, read), Model = model })
            .ExecuteAsync(context);
    }

    private RunModel ModelOf(SnapshotRun found, ReadableSnapshot snapshot, HttpContext context, PageClock clock)
    {
        var run = JsonSerializer.Deserialize<TaskRun>(found.Json.Span, TaskRunWriter.Options)!;
        var (links, none) = (ConsoleLinks.Of(context), BoardQuery.All);
        var path = $"{context.Request.PathBase.ToUriComponent()}{list}/{Uri.EscapeDataString(run.Id)}";
        var origin = http.PublicOrigin.Length > 0 ? http.PublicOrigin : $"{context.Request.Scheme}://{context.Request.Host}";
        return new()
        {
            Id = run.Id,
            Name = run.Name,
            Status = QueryParser.NameOf(run.Status),
            Task = links.Filter(none, "taskId", run.Task.Id, run.Task.Name),
            Feature = links.Filter(none, "featureId", run.Feature.Id, run.Feature.Name),
            FeatureLines = run.Feature.LineCount,
            Model = run.Model?.Name,
            IsModelDeprecated = run.Model?.Status == ModelStatus.Deprecated,
            CreatedAt = run.CreatedAt,
            CompletedAt = run.CompletedAt,
            Seconds = run.DurationSeconds,
            RunningFor = !found.IsFinished && run.CreatedAt is { } since ? Math.Max(0, (long)(clock.Now - since).TotalSeconds) : null,
            Typical = charts.TypicalOf(snapshot, run.Task.Id),
            Bucket = run.Result?.Bucket,
            ResultPath = run.Result?.Path,
            Failure = run.Failure is { } failure
                ? new(failure.Code, failure.Message, HelpFor(failure.Message).AbsoluteUri, failure.Retryable)
                : null,
            Json = VisibleText.Escape(JsonSerializer.Serialize(run, Indented)),
            Curl = $"curl -H \"Authorization: Bearer $TOKEN\" \"{origin}{path}\"",
        };
    }

    /// <summary>Returns the page of NCLUE's guide in the language of the page.</summary>
    private static Uri HelpFor(string message) =>
        (PageLanguage.Current == "ko" ? KoreanGuide : EnglishGuide).Find(message).Help;
}
