namespace NclueGateway.Mirror.Blocks;

/// <summary>One block as the upstream has sent it.</summary>
/// <param name="Number">Block n holds rows 100·n to 100·n + 99 of the list.</param>
/// <param name="DepartedAt">
/// The timestamp at which its request departed, or earlier, so that an age counted from it is never understated.
/// </param>
/// <param name="Rows">The rows.</param>
/// <param name="FetchedAt">
/// The same moment by Redis' clock (ms), by which replicas identify its copies; 0 if Redis has never replied.
/// </param>
internal sealed record TaskRunBlock(int Number, long DepartedAt, TaskRunRows Rows, long FetchedAt = 0);
