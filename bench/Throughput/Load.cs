using System.Diagnostics;
using System.Globalization;

namespace NclueGateway.Throughput;

/// <summary>What one run of wrk showed.</summary>
/// <param name="PerSecond">Requests answered in a second.</param>
/// <param name="P50">In milliseconds.</param>
/// <param name="P99">In milliseconds.</param>
/// <param name="Computing">Microseconds that the contender computed for each request.</param>
internal sealed record Load(double PerSecond, double P50, double P99, double Computing)
{
    /// <summary>Has wrk ask a contender for the page.</summary>
    /// <param name="contender">Whom.</param>
    /// <param name="tokens">A file with an access token a line.</param>
    /// <param name="tag">The ETag to ask with; null for the whole page.</param>
    /// <param name="seconds">For how long.</param>
    /// <param name="connections">Over how many connections.</param>
    /// <exception cref="InvalidOperationException">Something was answered with an error, or not at all.</exception>
    public static async Task<Load> RunAsync(Contender contender, string tokens, string? tag, int seconds, int connections)
    {
        string[] arguments = [
            "--threads", "2", "--connections", Text(connections), "--duration", $"{Text(seconds)}s", "--timeout", "10s",
            "--script", Path.Combine(AppContext.BaseDirectory, "requests.lua"), contender.Address.AbsoluteUri, "--", tokens];
        var start = new ProcessStartInfo("wrk", tag is null ? arguments : [.. arguments, tag]) { UseShellExecute = false, RedirectStandardOutput = true };
        var before = contender.Computed();
        using var wrk = Process.Start(start)!;
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        var computed = contender.Computed() - before;
        var line = output.Split('\n').FirstOrDefault(line => line.StartsWith("RESULT ", StringComparison.Ordinal)) ?? throw new InvalidOperationException(output);
        var numbers = line.Split(' ')[1..].Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        if (numbers is not [> 0 and var requests, var microseconds, var p50, var p99, 0])
        {
            throw new InvalidOperationException($"{contender.Name} did not answer everything well: {output}");
        }

        return new(requests / microseconds * 1e6, p50 / 1e3, p99 / 1e3, computed.TotalMicroseconds / requests);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
