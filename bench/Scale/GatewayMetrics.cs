using System.Globalization;

namespace NclueGateway.Scale;

/// <summary>What a gateway says of itself at <c>/metrics</c> (Prometheus' text format).</summary>
internal sealed class GatewayMetrics
{
    private readonly IReadOnlyList<(string Series, double Value)> _samples;

    private GatewayMetrics(IReadOnlyList<(string Series, double Value)> samples) => _samples = samples;

    /// <summary>Blocks in memory.</summary>
    public int BlocksHeld => (int)Sum("nclue_gateway_blocks_held");

    /// <summary>Reads that were answered, however.</summary>
    public double Reads => Sum("nclue_gateway_reads_total");

    /// <summary>Those of them that were answered from memory at once.</summary>
    public double Hits => Sum("nclue_gateway_reads_total", "outcome=\"hit\"");

    /// <summary>Full collections so far.</summary>
    public int FullCollections => (int)Sum("dotnet_gc_collections_total", "gc_heap_generation=\"gen2\"");

    /// <summary>Bytes of the managed heap after the last collection, all generations.</summary>
    public double HeapSize => Sum("dotnet_gc_last_collection_heap_size_bytes");

    /// <exception cref="HttpRequestException">It does not answer.</exception>
    public static async Task<GatewayMetrics> ReadAsync(HttpClient client, Uri gateway)
    {
        var text = await client.GetStringAsync(new Uri(gateway, "/metrics"));
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#');
        return new([.. lines.Select(Parse)]);
    }

    /// <summary>A line: name{labels} value, and sometimes a timestamp. Labels of this gateway have no braces in them.</summary>
    private static (string Series, double Value) Parse(string line)
    {
        var end = line.LastIndexOf('}') is >= 0 and var brace ? brace + 1 : line.IndexOf(' ', StringComparison.Ordinal);
        return (line[..end], double.Parse(line[end..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
    }

    /// <exception cref="InvalidOperationException">There is no such series: it would count as 0.</exception>
    private double Sum(string name, string label = "")
    {
        var found = _samples.Where(sample => sample.Series.Split('{')[0] == name && sample.Series.Contains(label, StringComparison.Ordinal)).ToList();
        return found.Count > 0 ? found.Sum(sample => sample.Value) : throw new InvalidOperationException($"There is no {name}{{{label}}} at /metrics.");
    }
}
