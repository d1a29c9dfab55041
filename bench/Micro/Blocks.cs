using NclueGateway.Nclue;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.TaskRuns;

namespace NclueGateway.Micro;

/// <summary>Blocks of 100 runs as the simulated NCLUE sends them: in the lengths, scripts and states that runs have, always the same.</summary>
internal static class Blocks
{
    private static readonly SimulatedRuns Runs = new(new() { Runs = 1_000, Frozen = true });
    private static readonly TaskRunNormalizer Normalizer = new(TimeZoneInfo.FindSystemTimeZoneById("Asia/Seoul"), HelpLanguage.Ko);

    /// <summary>The upstream's answer about a block, 0 to 9.</summary>
    public static ReadOnlyMemory<byte> Body(int number) => SimulatedTaskRunList.Write(
        number * TaskRunRows.Capacity, TaskRunRows.Capacity, Runs, SimulatedIndexUnit.Row, TotalCounts.Account, DateTimeOffset.UnixEpoch);

    /// <summary>What that becomes.</summary>
    /// <exception cref="InvalidOperationException">It cannot be read.</exception>
    public static TaskRunRows Normalize(ReadOnlyMemory<byte> body) =>
        Normalizer.TryNormalize(body, out var answer, out var error) ? answer.Rows : throw new InvalidOperationException(error);
}
