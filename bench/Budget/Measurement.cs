using System.Net;
using System.Text.Json.Nodes;

namespace NclueGateway.Budget;

/// <summary>Result of one run of a scenario.</summary>
internal sealed record Measurement
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1050);

    public required string Scenario { get; init; }

    public required TimeSpan Duration { get; init; }

    public required int Calls { get; init; }

    /// <summary>Upstream calls per second during the reads.</summary>
    public required double CallsPerSecond { get; init; }

    /// <summary>Minimum time between two arrivals at the upstream; null if fewer than two arrived.</summary>
    public required TimeSpan? ClosestArrivals { get; init; }

    /// <summary>Number of arrivals to which the upstream responded with 429.</summary>
    public required int Throttled { get; init; }

    public required int Reads { get; init; }

    /// <summary>Responses other than 200 after every block was fetched once.</summary>
    public required IReadOnlyList<TimedResponse> Failures { get; init; }

    public required int BrokenConnections { get; init; }

    /// <summary>Ages of the responses after the first fill, in whole seconds rounded up, sorted.</summary>
    public required IReadOnlyList<int> Ages { get; init; }

    public required TimeSpan Delay { get; init; }

    public required int Blocks { get; init; }

    /// <summary>Warnings and errors that the replicas logged, with their numbers.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Further observations.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>
    /// Returns the best possible age at a percentile. With n blocks and one call per interval, each block is fetched
    /// every n intervals. On arrival it is as old as the upstream's response time; from then on its age grows evenly.
    /// </summary>
    public double BestAge(double percentile) =>
        Delay.TotalSeconds + (percentile * Math.Max(Blocks * Interval.TotalSeconds, 10 + Interval.TotalSeconds - 1));

    public int Age(double percentile) => Ages.Count == 0 ? 0 : Ages[(int)Math.Min(Ages.Count - 1, percentile * Ages.Count)];

    public static Measurement Of(
        string scenario, Cluster cluster, Readers readers, TimeSpan duration, TimeSpan began, IReadOnlyList<string>? notes = null)
    {
        var arrivals = cluster.Nclue.Arrivals;
        var blocks = (cluster.Nclue.Runs.Count + 99) / 100;
        var first = arrivals.Count == 0 ? default : arrivals[0].At;
        var filled = arrivals.Where(a => a.Status == 200).GroupBy(a => a.Index).Select(g => g.First()).OrderBy(a => a.Timestamp)
            .Skip(blocks - 1).Select(a => (TimeSpan?)(a.At - first)).FirstOrDefault();

        // The other replicas get a new block within a second.
        var after = (filled ?? duration) + cluster.Nclue.Delay + began + TimeSpan.FromSeconds(1);
        var late = readers.Responses.Where(answer => answer.At >= after).ToList();
        return new()
        {
            Scenario = scenario,
            Duration = duration,
            Calls = arrivals.Count,
            CallsPerSecond = arrivals.Count / duration.TotalSeconds,
            ClosestArrivals = arrivals.Skip(1).Min(a => a.SincePrevious),
            Throttled = arrivals.Count(a => a.Refusal?.Contains("Throttle", StringComparison.Ordinal) == true || a.Status == 429),
            Reads = readers.Responses.Count,
            Failures = [.. late.Where(answer => answer.Status != HttpStatusCode.OK)],
            BrokenConnections = readers.BrokenConnections,
            Ages = [.. late.Where(answer => answer.Age is not null).Select(answer => answer.Age!.Value).Order()],
            Delay = cluster.Nclue.Delay,
            Blocks = blocks,
            Notes = notes ?? [],
            Warnings = [.. cluster.Replicas.SelectMany(replica => replica.Output).Select(Describe).OfType<string>().CountBy(what => what)
                .Select(warning => $"{warning.Value} × {warning.Key}")],
        };
    }

    /// <summary>Describes a warning or an error; null for another line, and for requests, which the readers count.</summary>
    private static string? Describe(string line)
    {
        if (!line.StartsWith('{') || !line.EndsWith('}') || JsonNode.Parse(line) is not { } logged || logged["@l"] is not { } level)
        {
            return null; // also a line that a kill has cut off
        }

        var source = (string?)logged["SourceContext"];
        return source == "NclueGateway.Requests"
            ? null
            : $"{level} {source}, event {logged["EventId"]?["Name"]}, reason {logged["Reason"]}";
    }

    public override string ToString()
    {
        var lines = new List<string>
        {
            Scenario,
            $"  upstream calls            {Calls} in {Duration.TotalSeconds:0} s, {CallsPerSecond:0.000}/s",
            $"  closest two arrivals      {(ClosestArrivals is { } closest ? $"{closest.TotalSeconds:0.000} s" : "only one arrived")}",
            $"  upstream 429              {Throttled}",
        };
        if (Ages.Count > 0)
        {
            lines.Add($"  reads                     {Reads}, of these after the first fill not 200: {Failures.Count}; "
                + $"broken by a kill: {BrokenConnections}");
            lines.Add($"  age p50 / p95 / p99       {Age(0.5)} / {Age(0.95)} / {Age(0.99)} s (whole seconds, rounded up)");
            lines.Add($"  best possible p50 / p95   {BestAge(0.5):0.0} / {BestAge(0.95):0.0} s; "
                + $"p95 is {Age(0.95) / BestAge(0.95):0.00} times the best possible");
        }

        lines.AddRange(Notes.Select(note => $"  {note}"));
        lines.AddRange(Failures.Take(3).Select(failure => $"  not 200: {failure}"));
        lines.AddRange(Warnings.Take(12).Select(warning => $"  logged: {warning}"));
        return string.Join('\n', lines);
    }
}
