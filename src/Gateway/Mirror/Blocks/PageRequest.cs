namespace NclueGateway.Mirror.Blocks;

/// <summary>The page that a caller requests.</summary>
/// <param name="Index">The first row, 0 to <see cref="MaxIndex"/>.</param>
/// <param name="Limit">Maximum number of runs, 1 to <see cref="MaxLimit"/>.</param>
internal readonly record struct PageRequest(int Index, int Limit)
{
    public const int MaxIndex = 10_000_000;
    public const int MaxLimit = 100;
    public const int DefaultLimit = 20;
}
