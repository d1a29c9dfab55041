using System.Globalization;

namespace NclueGateway.Scale;

/// <summary>Metrics of a gateway from <c>/metrics</c> (Prometheus text format).</summary>
internal sealed class GatewayMetrics
{
    private readonly IReadOnlyList<(string Series, double Value)> _samples;

    private GatewayMetrics(IReadOnlyList<(string Series, double Value)> samples) => _samples = samples;

    /// <summary>Number of cached blocks.</summary>
    public int BlocksHeld => (int)Sum("nclue_gateway_blocks_held");

    /// <summary>Number of completed reads with any outcome.</summary>
    public double Reads => Sum("nclue_gateway_reads_total");

    /// <summary>Number of reads served from the cache at once.</summary>
    public double Hits => Sum("nclue_gateway_reads_total", "outcome=\"hit\"");

    /// <summary>Number of full collections so far.</summary>
    public int FullCollections => (int)Sum("dotnet_gc_collections_total", "gc_heap_generation=\"gen2\"");

    /// <summary>Size of the managed heap after the last collection in bytes, all generations.</summary>
    public double HeapSize => Sum("dotnet_gc_last_collection_heap_size_bytes");

    /// <summary>Bytes that the process has allocated on the managed heap so far.</summary>
    public double Allocated => Sum("dotnet_gc_heap_total_allocated_bytes_total");

    /// <summary>Number of open event streams.</summary>
    public int Streams => (int)Sum("nclue_gateway_streams_open");

    /// <summary>Reads the metrics of a gateway.</summary>
    /// <exception cref="HttpRequestException">The gateway does not respond.</exception>
    public static async Task<GatewayMetrics> ReadAsync(HttpClient client, Uri gateway)
    {
        var text = await client.GetStringAsync(new Uri(gateway, "/metrics"));
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#');
        return new([.. lines.Select(Parse)]);
    }

    /// <summary>
    /// Parses a line: name{labels} value, and sometimes a timestamp. Labels of this gateway contain no braces.
    /// </summary>
    private static (string Series, double Value) Parse(string line)
    {
        var end = line.LastIndexOf('}') is >= 0 and var brace ? brace + 1 : line.IndexOf(' ', StringComparison.Ordinal);
        return (line[..end], double.Parse(line[end..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
    }

    /// <summary>Returns the sum of a metric's series that have a label.</summary>
    /// <exception cref="InvalidOperationException">There is no such series; a sum of 0 would hide that.</exception>
    private double Sum(string name, string label = "")
    {
        var found = _samples
            .Where(sample => sample.Series.Split('{')[0] == name && sample.Series.Contains(label, StringComparison.Ordinal))
            .ToList();
        return found.Count > 0
            ? found.Sum(sample => sample.Value)
            : throw new InvalidOperationException($"There is no {name}{{{label}}} at /metrics.");
    }
}
