using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using BenchmarkDotNet.Validators;
using NclueGateway.Micro;
using Perfolizer.Horology;

// bench/micro.sh runs this: Micro [filter]. The filter is one of BenchmarkDotNet's. "Kestrel" runs only the allocations
// over Kestrel instead, "Snapshot" (bench/snapshot.sh) only the figures of a snapshot of 100,000 runs, "Queries" (bench/questions.sh) of
// queries on it.
const string Kestrel = "Kestrel";
const string Snapshot = "Snapshot";
const string Queries = "Queries";
var filter = args switch
{
    [] => "*",
    [var one] => one,
    _ => null,
};
if (filter is null)
{
    await System.Console.Error.WriteLineAsync("Usage: Micro [filter]");
    return 2;
}

if (filter is not (Kestrel or Snapshot or Queries) && !Benchmark(filter))
{
    return 1;
}

if (filter is "*" or Kestrel)
{
    await CountAllocationsAsync();
}

if (filter == Snapshot)
{
    System.Console.WriteLine("| a snapshot | |");
    System.Console.WriteLine("|---|---|");
    SnapshotFigures.Write(100_000);
}

if (filter == Queries)
{
    await QueryFigures.WriteAsync(100_000);
}

return 0;

static bool Benchmark(string filter)
{
    var artifacts = Directory.CreateTempSubdirectory();
    using var errors = new StreamWriter(System.Console.OpenStandardError()) { AutoFlush = true };
    try
    {
        // In this process: it measures the existing build, and nothing has to be restored or built.
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(6).WithIterationCount(12).WithIterationTime(TimeInterval.FromMilliseconds(250));
        var config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddLogger(new StreamLogger(errors))
            .AddValidator(JitOptimizationsValidator.FailOnError)
            .AddFilter(new GlobFilter([filter]))
            .WithArtifactsPath(artifacts.FullName)
            .WithOptions(ConfigOptions.DisableLogFile);
        var summaries = BenchmarkRunner.Run(Suite.Types.ToArray(), config);
        var reports = summaries.SelectMany(summary => summary.Reports).ToList();
        var hasFailed = reports.Exists(report => !report.Success);
        if (reports.Count == 0 || summaries.Any(summary => summary.HasCriticalValidationErrors) || hasFailed)
        {
            errors.WriteLine($"Not all benchmarks that match {filter} could be measured.");
            return false;
        }

        System.Console.WriteLine("| | mean | error | allocated |");
        System.Console.WriteLine("|---|---|---|---|");
        foreach (var report in reports)
        {
            System.Console.WriteLine(Row(report));
        }

        return true;
    }
    finally
    {
        artifacts.Delete(recursive: true);
    }
}

static string Row(BenchmarkReport report)
{
    var benchmark = report.BenchmarkCase;
    var audit = benchmark.Parameters.Items switch
    {
        [] => "",
        [{ Value: true }] => ", audited",
        _ => ", audit off",
    };
    var times = report.ResultStatistics!;
    var name = benchmark.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
    return string.Create(
        CultureInfo.InvariantCulture,
        $"| {name}{audit} | {times.Mean / 1e3:0.000} µs | {times.ConfidenceInterval.Margin / 1e3:0.000} µs "
        + $"| {report.GcStats.GetBytesAllocatedPerOperation(benchmark):#,0} B |");
}

static async Task CountAllocationsAsync()
{
    const int Requests = 10_000;
    const int Rounds = 5;
    await using var surroundings = await Surroundings.StartAsync(Surroundings.Callers);
    var (page, unchanged) = await KestrelAllocations.MeasureAsync(surroundings, Requests, Rounds);
    System.Console.WriteLine();
    System.Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"Bytes that the whole process allocates for a read over Kestrel: medians of {Rounds} times {Requests:#,0} requests."));
    System.Console.WriteLine($"{Surroundings.Callers} callers with one connection each take turns; the client itself allocates nothing.");
    System.Console.WriteLine();
    System.Console.WriteLine("| | 200 | 304 |");
    System.Console.WriteLine("|---|---|---|");
    Write("bare Kestrel, the same bytes", of => of.Bare);
    Write("gateway, audit off", of => of.Gateway);
    Write("gateway, audited, the event written", of => of.Audited);
    Write("gateway beyond bare Kestrel, audit off (wanted: at most 3,600 B)", of => of.Gateway - of.Bare);
    Write("gateway beyond bare Kestrel, audited (wanted: at most 7,000 B)", of => of.Audited - of.Bare);

    void Write(string what, Func<KestrelAllocations, double> bytes) =>
        System.Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"| {what} | {bytes(page):#,0} B | {bytes(unchanged):#,0} B |"));
}
