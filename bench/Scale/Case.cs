using System.Globalization;
using NclueGateway.Harness;

namespace NclueGateway.Scale;

/// <summary>One way of reading, measured with each number of cached runs.</summary>
/// <param name="Replicas">Number of replicas that get requests.</param>
/// <param name="Connections">Number of connections to each replica.</param>
/// <param name="IsSpread">
/// True if the pages are spread over all cached runs; false for the first page each time.
/// </param>
/// <param name="Sizes">Numbers of cached runs, ascending.</param>
internal sealed record Case(int Replicas, int Connections, bool IsSpread, IReadOnlyList<int> Sizes)
{
    private readonly List<Load>[] _loads = [.. Sizes.Select(_ => new List<Load>())];

    public string Name => $"{(IsSpread ? "pages all over the list" : "same page")}, {Way}";

    /// <summary>The name without the kind of page.</summary>
    public string Way => $"{Counted(Replicas, "replica")}, {Counted(Connections, "connection")}{(Replicas > 1 ? " each" : "")}";

    /// <summary>
    /// Median over the rounds of this ratio: requests per second with the most runs to those with the fewest.
    /// </summary>
    public double Ratio => Median.Of(_loads[^1].Zip(_loads[0], (most, least) => most.PerSecond / least.PerSecond));

    /// <summary>Returns "1 replica", "3 replicas".</summary>
    public static string Counted(int number, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");

    public void Add(int size, Load load) => _loads[size].Add(load);

    /// <summary>Returns the median of the rounds for each number of cached runs.</summary>
    public IReadOnlyList<double> Medians(Func<Load, double> what) => [.. _loads.Select(loads => Median.Of(loads.Select(what)))];
}
