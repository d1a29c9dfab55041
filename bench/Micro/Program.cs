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

// bench/micro.sh runs this: Micro [filter]. The filter is one of BenchmarkDotNet's, of which "Kestrel" chooses what it does not measure.
const string Kestrel = "Kestrel";
var filter = args switch
{
    [] => "*",
    [var one] => one,
    _ => null,
};
if (filter is null)
{
    await Console.Error.WriteLineAsync("Usage: Micro [filter]");
    return 2;
}

if (filter != Kestrel && !Benchmark(filter))
{
    return 1;
}

if (filter is "*" or Kestrel)
{
    await CountAllocationsAsync();
}

return 0;

static bool Benchmark(string filter)
{
    var artifacts = Directory.CreateTempSubdirectory();
    using var errors = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };
    try
    {
        // In this process: what is measured is the build that is there, and nothing has to be restored or built for it.
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
        if (reports.Count == 0 || summaries.Any(summary => summary.HasCriticalValidationErrors) || reports.Exists(report => !report.Success))
        {
            errors.WriteLine($"Not everything that is called {filter} could be measured.");
            return false;
        }

        Console.WriteLine("| | mean | error | allocated |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var report in reports)
        {
            Console.WriteLine(Row(report));
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
    return string.Create(
        CultureInfo.InvariantCulture,
        $"| {benchmark.Descriptor.WorkloadMethodDisplayInfo.Trim('\'')}{audit} | {times.Mean / 1e3:0.000} µs | {times.ConfidenceInterval.Margin / 1e3:0.000} µs "
        + $"| {report.GcStats.GetBytesAllocatedPerOperation(benchmark):#,0} B |");
}

static async Task CountAllocationsAsync()
{
    const int Requests = 10_000;
    const int Rounds = 5;
    await using var surroundings = await Surroundings.StartAsync(Surroundings.Callers);
    var (page, unchanged) = await KestrelAllocations.MeasureAsync(surroundings, Requests, Rounds);
    Console.WriteLine();
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"Allocated in the whole process for a read over Kestrel: medians of {Rounds} times {Requests:#,0} requests. {Surroundings.Callers} callers, a connection each,"));
    Console.WriteLine("take turns, and allocate nothing themselves.");
    Console.WriteLine();
    Console.WriteLine("| | 200 | 304 |");
    Console.WriteLine("|---|---|---|");
    Write("bare Kestrel, the same bytes", of => of.Bare);
    Write("gateway, audit off", of => of.Gateway);
    Write("gateway, audited, the event written", of => of.Audited);
    Write("gateway beyond bare Kestrel, audit off (wanted: at most 1,000 B)", of => of.Gateway - of.Bare);
    Write("gateway beyond bare Kestrel, audited (wanted: at most 1,000 B)", of => of.Audited - of.Bare);

    void Write(string what, Func<KestrelAllocations, double> bytes) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {bytes(page):#,0} B | {bytes(unchanged):#,0} B |"));
}
