using System.Globalization;
using NclueGateway.Harness;

namespace NclueGateway.Scale;

/// <summary>One way of reading, with each number of runs held.</summary>
/// <param name="Replicas">How many replicas are asked.</param>
/// <param name="Connections">Over how many connections each.</param>
/// <param name="IsSpread">Whether the pages are spread over all runs held; otherwise it is the first one each time.</param>
/// <param name="Sizes">How many runs are held, ascending.</param>
internal sealed record Case(int Replicas, int Connections, bool IsSpread, IReadOnlyList<int> Sizes)
{
    private readonly List<Load>[] _loads = [.. Sizes.Select(_ => new List<Load>())];

    public string Name => $"{(IsSpread ? "pages all over the list" : "same page")}, {Way}";

    /// <summary>The name without the page.</summary>
    public string Way => $"{Counted(Replicas, "replica")}, {Counted(Connections, "connection")}{(Replicas > 1 ? " each" : "")}";

    /// <summary>Of each round, the requests per second with the most runs held by those with the least; the median of that.</summary>
    public double Ratio => Median.Of(_loads[^1].Zip(_loads[0], (most, least) => most.PerSecond / least.PerSecond));

    /// <summary>"1 replica", "3 replicas".</summary>
    public static string Counted(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");

    public void Add(int size, Load load) => _loads[size].Add(load);

    /// <summary>The median of the rounds, for each number of runs held.</summary>
    public IReadOnlyList<double> Medians(Func<Load, double> what) => [.. _loads.Select(loads => Median.Of(loads.Select(what)))];
}
