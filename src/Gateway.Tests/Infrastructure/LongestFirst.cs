using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(NclueGateway.Tests.Infrastructure.LongestFirst))]

namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// Starts the longest test classes first, so that no core is idle at the end while one of them still runs.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long =
    [
        // Tests that need only a processor.
        nameof(Simulation.SimulationTests), nameof(Upstream.BoundedCallTests), nameof(Mirror.UpstreamFailureTests),
        nameof(TaskRuns.Snapshot.IntakeModelTests), nameof(TaskRuns.Snapshot.Log.LogModelTests), nameof(Conventions.RoomTests),

        // Tests with processes and browsers.
        nameof(Console.ConsoleJourneyTests), nameof(Console.ConsoleAccessibilityTests), nameof(Console.ConsoleLiveBrowserTests),
        nameof(Http.OpenApi.SwaggerUiBrowserTests), nameof(Sandbox.BrowserSignInTests), nameof(Upstream.Pacing.PacerScriptTests),
        nameof(StartUpTests), nameof(TaskRuns.Snapshot.Log.SpoiledLogTests), nameof(Hosting.ProcessCultureTests),
        nameof(Check.CheckWithRedisTests), nameof(Observability.RedactionTests),

        // Tests by the real clock: first those that wait most of the time, then those that start processes.
        nameof(Mirror.RealTimeTests), nameof(Replicas.SharedSnapshotTests), nameof(Replicas.SharedBlocksTests),
        nameof(Replicas.SharedSessionsTests), nameof(Replicas.SharedSessionKeysTests), nameof(Replicas.SharedKeysTests),
        nameof(Replicas.OddValuesTests), nameof(Replicas.OddSessionValuesTests), nameof(Replicas.SessionTrustTests),
        nameof(Replicas.RedisAwayTests), nameof(Hosting.RollingRestartTests), nameof(Replicas.RedisDeploymentTests),
        nameof(Replicas.Streams.SharedPositionsTests), nameof(TaskRuns.Queries.SharedCursorTests),
        nameof(Replicas.Streams.SharedStreamSessionsTests), nameof(TaskRuns.Changes.StreamBeatTests), nameof(Observability.StuckLogTests),
        nameof(TaskRuns.Changes.StreamSessionTests), nameof(Http.RawRefusalTests),
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => Place(collection.TestCollectionDisplayName))];

    private static int Place(string name)
    {
        var place = Array.FindIndex(Long, type => name.Contains($".{type} ", StringComparison.Ordinal));
        return place < 0 ? Long.Length : place;
    }
}
