namespace NclueGateway.Mirror.Blocks;

/// <summary>One block as it was when the upstream was asked for it.</summary>
/// <param name="Number">Block n holds rows 100·n to 100·n + 99 of the list.</param>
/// <param name="DepartedAt">The timestamp of the departure, or earlier, so that an age counted from it is never understated.</param>
/// <param name="Rows">What came.</param>
/// <param name="FetchedAt">
/// The same moment by Redis' clock (ms), by which replicas tell its copies apart; 0 where no Redis has ever answered.
/// </param>
internal sealed record TaskRunBlock(int Number, long DepartedAt, TaskRunRows Rows, long FetchedAt = 0);
