using System.Text.Json;
using NclueGateway.Http.Pages;
using NclueGateway.Observability.Audit;
using NclueGateway.TaskRuns.Status;

namespace NclueGateway.Console;

/// <summary>Handles the page of the gateway itself. It does not count as a query on the list.</summary>
/// <param name="reader">Reads the status.</param>
/// <param name="frames">Builds the parts common to all pages.</param>
internal sealed class GatewayPageHandler(StatusReader reader, ConsoleFrames frames)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (context.Features.Get<AuditEvent>() is { } audit)
        {
            audit.Parameters = [];
            audit.RecordRead();
        }

        var status = reader.Read();
        var model = new GatewayModel
        {
            Upstream = Word(status.Upstream),
            Detail = status.Detail,
            PausedForSeconds = status.PausedForSeconds,
            LastMinute = status.Departures.LastMinute,
            MostPerMinute = status.Departures.MostPerMinute,
            PerMinute = status.Departures.PerMinute,
            Snapshot = Word(status.Snapshot.State),
            Runs = status.Snapshot.Runs,
            ExpectedTotal = status.Snapshot.ExpectedTotal,
            Order = Word(status.Snapshot.Order),
            AsOf = status.Snapshot.AsOf,
            SweptAt = status.Snapshot.SweptAt,
            Streams = status.Streams,
            Replicas = status.Replicas,
            Redis = Word(status.Redis),
        };
        ConsoleFrames.SetHeaders(context);
        var frame = frames.Of(context);
        var (list, now) = (status.Snapshot, frame.Clock.Now);
        var state = new ListState("current", now, list.Runs, list.ExpectedTotal, Monitor: null, Detail: null);
        await PageResult.Of<GatewayPage>(new { Frame = frame, State = state, Model = model }).ExecuteAsync(context);
    }

    /// <summary>Returns a value's word in the API.</summary>
    private static string Word<T>(T value)
        where T : struct, Enum => JsonSerializer.SerializeToElement(value).GetString()!;
}
