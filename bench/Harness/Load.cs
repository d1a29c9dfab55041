using System.Diagnostics;
using System.Globalization;

namespace NclueGateway.Harness;

/// <summary>What one run of wrk showed.</summary>
/// <param name="PerSecond">Requests answered in a second.</param>
/// <param name="P50">In milliseconds.</param>
/// <param name="P99">In milliseconds.</param>
/// <param name="Computing">Microseconds that the contenders computed for each request.</param>
internal sealed record Load(double PerSecond, double P50, double P99, double Computing)
{
    /// <summary>Has wrk ask for the page.</summary>
    /// <param name="contenders">Whom: all at the same time, over as many connections each.</param>
    /// <param name="tokens">A file with an access token a line.</param>
    /// <param name="seconds">For how long.</param>
    /// <param name="connections">Over how many connections in all; at least one for each thread.</param>
    /// <param name="threads">How many threads wrk has; as many for each contender.</param>
    /// <param name="tag">The ETag to ask with; null for the whole page.</param>
    /// <param name="runs">How many runs the pages that are asked for are spread over; null for the same page each time.</param>
    /// <exception cref="InvalidOperationException">Something was answered with an error, or not at all.</exception>
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
        var line = output.Split('\n').FirstOrDefault(line => line.StartsWith("RESULT ", StringComparison.Ordinal)) ?? throw new InvalidOperationException(output);
        var numbers = line.Split(' ')[1..].Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        if (numbers is not [> 0 and var requests, var microseconds, var p50, var p99, 0])
        {
            throw new InvalidOperationException($"{contenders[0].Name} did not answer everything well: {output}");
        }

        return new(requests / microseconds * 1e6, p50 / 1e3, p99 / 1e3, computed / requests);
    }

    private static double Computed(IEnumerable<Contender> contenders) => contenders.Sum(contender => contender.Computed().TotalMicroseconds);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
