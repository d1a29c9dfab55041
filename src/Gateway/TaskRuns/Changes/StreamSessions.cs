using NclueGateway.Access.Callers;
using NclueGateway.Access.Sessions;
using NclueGateway.Hosting;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>Checks the sessions of open streams: each session once, also if it has several streams.</summary>
[LogCategory("NclueGateway.TaskRuns.Changes")]
internal sealed partial class StreamSessions(LastingAccess access, TimeProvider time, ILogger<StreamSessions> logger)
{
    private const int MostAtOnce = 16;

    /// <summary>Ends the streams whose session has ended or has lost the permission.</summary>
    public Task CheckAsync(IEnumerable<OpenStream> open) => Parallel.ForEachAsync(
        open.Where(stream => stream.Access.SessionKey is not null).ToLookup(stream => stream.Access.SessionKey!),
        new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce },
        async (streams, _) => await CheckAsync(streams));

    private async Task CheckAsync(IGrouping<string, OpenStream> streams)
    {
        try
        {
            var state = await access.CheckAsync(streams.Key, Permission.ReadTaskRuns);
            if (state == AccessState.Granted)
            {
                return;
            }

            var now = time.GetTimestamp();
            foreach (var stream in streams)
            {
                stream.EndWith(state == AccessState.SessionEnded ? EndReason.Session : EndReason.Permission, now);
            }
        }
        catch (Exception defect)
        {
            Unforeseen(logger, defect); // the other sessions are checked nevertheless
        }
    }

    [LoggerMessage(2, LogLevel.Error, "The gateway failed to check the session of a stream.")]
    private static partial void Unforeseen(ILogger logger, Exception defect);
}
