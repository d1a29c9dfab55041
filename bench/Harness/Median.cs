namespace NclueGateway.Harness;

/// <summary>Computes medians, the form of most results: one bad round does not change them.</summary>
internal static class Median
{
    /// <param name="values">At least one value.</param>
    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
