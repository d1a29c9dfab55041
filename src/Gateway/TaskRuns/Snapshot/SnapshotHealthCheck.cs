using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// Reports the stage of the snapshot. <c>Degraded</c> stands for a list that it cannot keep as documented, and for a log that is away;
/// pages are served all the same.
/// </summary>
internal sealed class SnapshotHealthCheck(SnapshotWriter snapshot, ISnapshotLog log) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = snapshot.Status;
        return Task.FromResult(status.State switch
        {
            SnapshotStage.Off => HealthCheckResult.Healthy("No caller asks for the whole list."),
            _ when log.Away is { } reason => HealthCheckResult.Degraded(
                $"The log of the snapshot in Redis is away ({reason}): the copy of the whole list does not change. Pages are served."),
            SnapshotStage.TooLarge => HealthCheckResult.Degraded("NCLUE's list is longer than Snapshot:MaxRuns: it is not copied."),
            SnapshotStage.Unordered => HealthCheckResult.Degraded(
                "The order of NCLUE's list changes: deletions are noticed only after two whole reads of the list."),
            SnapshotStage.Building => HealthCheckResult.Healthy(
                status.ExpectedTotal is { } total
                    ? $"The list is being read: {status.Runs} of {total} runs are known."
                    : $"The list is being read: {status.Runs} runs are known."),
            _ => HealthCheckResult.Healthy($"All {status.Runs} runs are known."),
        });
    }
}
