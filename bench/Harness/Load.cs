using System.Diagnostics;
using System.Globalization;

namespace NclueGateway.Harness;

/// <summary>Result of one run of wrk.</summary>
/// <param name="PerSecond">Completed requests a second.</param>
/// <param name="P50">50th percentile of the latency in milliseconds.</param>
/// <param name="P99">99th percentile of the latency in milliseconds.</param>
/// <param name="Computing">Processor time of the contenders per request in microseconds.</param>
internal sealed record Load(double PerSecond, double P50, double P99, double Computing)
{
    /// <summary>Requests the page with wrk.</summary>
    /// <param name="contenders">
    /// Servers that get the requests at the same time, each over the same number of connections.
    /// </param>
    /// <param name="tokens">File with one access token per line.</param>
    /// <param name="seconds">Duration.</param>
    /// <param name="connections">Total number of connections; at least one for each thread.</param>
    /// <param name="threads">Number of threads of wrk, a multiple of the number of contenders.</param>
    /// <param name="tag">Value of If-None-Match; null to get the whole page.</param>
    /// <param name="runs">
    /// Number of runs over which the requested pages are spread; null for the same page each time.
    /// </param>
    /// <exception cref="InvalidOperationException">A request failed or got an error status.</exception>
    public static async Task<Load> RunAsync(
        IReadOnlyList<Contender> contenders, string tokens, int seconds, int connections, int threads, string? tag = null, int? runs = null)
    {
        List<string> arguments = [
            "--threads", Text(threads), "--connections", Text(connections), "--duration", $"{Text(seconds)}s", "--timeout", "10s",
            "--script", Path.Combine(AppContext.BaseDirectory, "requests.lua"), contenders[0].Address.AbsoluteUri,
            "--", tokens, $"ports={string.Join(',', contenders.Select(contender => Text(contender.Address.Port)))}"];
        if (tag is not null)
        {
            arguments.Add($"etag={tag}");
        }

        if (runs is { } many)
        {
            arguments.Add($"runs={Text(many)}");
        }

        var before = Computed(contenders);
        using var wrk = Process.Start(new ProcessStartInfo("wrk", arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        var computed = Computed(contenders) - before;
        var line = output.Split('\n').FirstOrDefault(line => line.StartsWith("RESULT ", StringComparison.Ordinal))
            ?? throw new InvalidOperationException(output);
        var numbers = line.Split(' ')[1..].Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        if (numbers is not [> 0 and var requests, var microseconds, var p50, var p99, 0])
        {
            throw new InvalidOperationException($"Requests to {contenders[0].Name} failed: {output}");
        }

        return new(requests / microseconds * 1e6, p50 / 1e3, p99 / 1e3, computed / requests);
    }

    private static double Computed(IEnumerable<Contender> contenders) =>
        contenders.Sum(contender => contender.Computed().TotalMicroseconds);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
