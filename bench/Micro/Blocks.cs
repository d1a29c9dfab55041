using NclueGateway.Mirror.Blocks;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.Upstream;

namespace NclueGateway.Micro;

/// <summary>
/// Blocks of 100 runs as the simulated NCLUE sends them, always the same. Lengths, scripts and states vary as in real
/// runs.
/// </summary>
internal static class Blocks
{
    private static readonly SimulatedRuns Runs = new(new() { Runs = 1_000, Frozen = true });
    private static readonly TaskRunNormalizer Normalizer = new(TimeZoneInfo.FindSystemTimeZoneById("Asia/Seoul"), HelpLanguage.Ko);

    /// <summary>Returns the upstream's response body for a block, 0 to 9.</summary>
    public static ReadOnlyMemory<byte> Body(int number) => SimulatedTaskRunList.Write(
        number * TaskRunRows.Capacity, TaskRunRows.Capacity, Runs, SimulatedIndexUnit.Row, TotalCounts.Account, DateTimeOffset.UnixEpoch);

    /// <summary>Returns the rows of a response body.</summary>
    /// <exception cref="InvalidOperationException">The body is invalid.</exception>
    public static TaskRunRows Normalize(ReadOnlyMemory<byte> body) =>
        Normalizer.TryNormalize(body, out var answer, out var error) ? answer.Rows : throw new InvalidOperationException(error);
}
