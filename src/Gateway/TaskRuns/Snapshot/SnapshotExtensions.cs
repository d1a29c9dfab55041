using NclueGateway.Mirror.Refresh;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot;

internal static class SnapshotExtensions
{
    /// <summary>Adds the snapshot of all runs, which reads the whole list beside the readers of pages.</summary>
    public static IServiceCollection AddSnapshot(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck<SnapshotHealthCheck>("snapshot");
        return services
            .AddSingleton(provider => new DepartureClock(provider.GetRequiredService<TimeProvider>(), provider.GetService<RedisClock>()))
            .AddSingleton<SnapshotInterest>()
            .AddSingleton<SnapshotVersions>()
            .AddSingleton<SnapshotSchedule>()
            .AddSingleton<SnapshotDiagnostics>()
            .AddSingleton<SnapshotMetrics>()
            .AddSingleton<SnapshotWriter>()
            .AddSingleton<IWholeListReader>(provider => provider.GetRequiredService<SnapshotWriter>());
    }
}
