using NclueGateway.Http.Pages;
using NclueGateway.Http;
using NclueGateway.Observability.Audit;
using NclueGateway.TaskRuns.Queries;

namespace NclueGateway.Console;

/// <summary>Handles the board.</summary>
/// <param name="parser">Reads queries.</param>
/// <param name="reader">Reads versions of the list.</param>
/// <param name="board">Makes the content.</param>
/// <param name="frames">Builds the parts common to all pages.</param>
/// <param name="metrics">Counts queries.</param>
internal sealed class BoardHandler(
    QueryParser parser, SnapshotReader reader, BoardReader board, ConsoleFrames frames, QueryMetrics metrics)
{
    public async Task HandleAsync(HttpContext context)
    {
        var query = new BoardQuery(context.Request.QueryString.Value, parser);
        var audit = context.Features.Get<AuditEvent>();
        var isValid = query.Errors.Count == 0;
        if (isValid)
        {
            audit?.Parameters = [query.Audited];
        }

        var read = query is { List.Cursor: { } cursor, IsLive: false }
            ? await reader.ReadAsync(cursor.Version, isPartial: true, context.RequestAborted)
            : await reader.ReadAsync(isPartial: true, context.RequestAborted);
        var isExpired = read.Refusal?.Problem is { } problem
            && (problem == SnapshotProblems.CursorExpired || problem == HttpProblems.InvalidRequest); // or of a log that was lost
        if (isExpired)
        {
            read = await reader.ReadAsync(isPartial: true, context.RequestAborted); // the first page, and a note
        }

        if (isValid)
        {
            metrics.Record(QueryOperation.Console, read);
        }

        if (read.Refusal is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        if (isValid)
        {
            audit?.RecordRead(Enum.GetName(read.Status.Outcome)!);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            context.Features.Set(HttpProblems.InvalidRequest); // for the audit
        }

        var (frame, state) = (frames.Of(context), frames.StateOf(context, read));
        var model = board.Read(query, read, isExpired, state, ConsoleLinks.Of(context), frame.Clock);
        ConsoleFrames.SetHeaders(context, read);
        await PageResult.Of<BoardPage>(new { Frame = frame, Model = model }).ExecuteAsync(context);
    }
}
