using System.Globalization;
using NclueGateway.Budget;
using NclueGateway.Harness;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Scale;

// bench/changes.sh runs this: Scale Streams <folder of the published program> [<number of streams>]
if (args is ["Streams", var programs, .. { Length: <= 1 } number])
{
    await StreamFigures.WriteAsync(programs, number is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 5_000);
    return 0;
}

// bench/scale.sh runs this: Scale <folder of the published program> <rounds> <seconds> [<plot.svg>]
if (args is not [var published, var roundsText, var secondsText, .. { Length: <= 1 } rest]
    || !int.TryParse(roundsText, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) || rounds < 1
    || !int.TryParse(secondsText, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds < 1)
{
    await System.Console.Error.WriteLineAsync("Usage: Scale <published> <rounds> <seconds> [<plot.svg>]");
    return 2;
}

if (!RedisServer.IsInstalled)
{
    await System.Console.Error.WriteLineAsync(RedisServer.Missing);
    return 2;
}

const int Callers = 16;
const int Replicas = 3;
int[] sizes = [100, 10_000, 100_000];
int[] connections = [1, 4, 16, 64];
List<Case> same = [
    .. connections.Select(count => new Case(1, count, IsSpread: false, sizes)),
    .. connections.Select(count => new Case(Replicas, count, IsSpread: false, sizes))];
var spread = new Case(1, 16, IsSpread: true, sizes);

await using var redis = await RedisServer.StartAsync();
await using var around = await Surroundings.StartAsync(published, Callers);
await using var stage = await Stage.StartAsync(Path.Combine(published, "Gateway", "Gateway.dll"), around, redis, sizes, Replicas);

// The cases take turns, so that other load on the machine affects all of them alike. Each round begins with another
// number of runs, so that none is always first. The first round is a warm-up for the JIT compiler and is not counted.
for (var round = 0; round <= rounds; round++)
{
    foreach (var kind in same.Append(spread))
    {
        for (var turn = 0; turn < sizes.Length; turn++)
        {
            var size = (round + turn) % sizes.Length;
            var load = await stage.RunAsync(kind, size, seconds);
            await System.Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"round {round} of {rounds}, {kind.Name}, {sizes[size]:N0} runs cached: {load.PerSecond:0}/s, p99 {load.P99:0.00} ms"));
            if (round > 0)
            {
                kind.Add(size, load);
            }
        }
    }
}

var (reads, hits) = await stage.VerifyAsync();
var blocks = string.Join(", ", sizes.Select(size => $"{size / TaskRunRows.Capacity:N0}"));
Write($"{Case.Counted(rounds, "round")} of {seconds} s each. The numbers of cached runs take turns; the numbers of connections");
Write($"follow one another. Medians.");
Write($"{100 * hits / reads:0.000} % of all {reads / 1e6:0.0} million reads were served from the cache at once.");
Write($"At the end, as at the start, the replicas cached exactly {blocks} blocks (`nclue_gateway_blocks_held`).");
Write($"");
Write($"| same page, requests/s | {Columns()} | {sizes[^1]:N0} / {sizes[0]:N0} | p99: {Columns()} |");
Write($"|---|---|---|---|---|---|---|---|");
foreach (var kind in same)
{
    Row(kind);
}

Write($"");
Write($"| pages all over the list, requests/s | {Columns()} | {sizes[^1]:N0} / {sizes[0]:N0} | p99: {Columns()} |");
Write($"|---|---|---|---|---|---|---|---|");
Row(spread);
Write($"");
Write($"| same page, {sizes[^1]:N0} runs cached / {sizes[0]:N0}, requests/s | wanted | measured |");
Write($"|---|---|---|");
foreach (var group in same.GroupBy(kind => kind.Replicas))
{
    var mean = Math.Exp(group.Average(kind => Math.Log(kind.Ratio)));
    Write($"| {Case.Counted(group.Key, "replica")}, geometric mean of the numbers of connections | ≥ 0.95 | {mean:0.00} |");
}

Write($"| minimum of all cases | ≥ 0.95 | {same.Min(kind => kind.Ratio):0.00} |");
Write($"");
Write($"| memory of a replica before the load | {Columns()} | per 10,000 further runs |");
Write($"|---|---|---|---|---|");
Memory("resident", memory => memory.Resident);
Memory("managed heap after a full collection", memory => memory.Heap);
if (rest is [var plot])
{
    PlotLine[] Lines(Func<Load, double> what) => [.. same
        .Where(kind => kind is { Replicas: 1, Connections: 1 or 16 or 64 } or { Replicas: Replicas, Connections: 16 }).Append(spread)
        .Select(kind => new PlotLine(kind.Name, kind.Medians(what)))];

    await File.WriteAllTextAsync(plot, Plot.Draw("Reading a page, by the number of cached runs", "cached runs (logarithmic)", sizes, [
        new("Requests per second", Lines(load => load.PerSecond)),
        new("99th percentile of the latency, ms", Lines(load => load.P99))]));
    Write($"");
    Write($"![Requests per second and p99 by the number of cached runs]({Path.GetFileName(plot)})");
}

return 0;

void Row(Case kind)
{
    var perSecond = Cells(kind.Medians(load => load.PerSecond), 1, "0", "");
    var p99 = Cells(kind.Medians(load => load.P99), 1, "0.00", " ms");
    Write($"| {kind.Way} | {perSecond} | {kind.Ratio:0.00} | {p99} |");
}

void Memory(string what, Func<MemoryUse, double> of)
{
    var bytes = stage.Memory.Select(of).ToList();
    Write($"| {what} | {Cells(bytes, 1e6, "0.0", " MB")} | {(bytes[^1] - bytes[0]) / 1e6 / ((sizes[^1] - sizes[0]) / 10_000.0):0.0} MB |");
}

string Columns() => string.Join(" | ", sizes.Select(size => size.ToString("N0", CultureInfo.InvariantCulture)));

static string Cells(IEnumerable<double> values, double unit, string format, string suffix) =>
    string.Join(" | ", values.Select(value => (value / unit).ToString(format, CultureInfo.InvariantCulture) + suffix));

static void Write(FormattableString line) => System.Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
