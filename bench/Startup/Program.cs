using System.Globalization;
using NclueGateway.Harness;
using NclueGateway.Sandbox.Identity;
using NclueGateway.Startup;

// bench/startup.sh runs this: Startup <Gateway.dll> <Empty.dll> <rounds>
if (args is not [var gatewayProgram, var emptyProgram, var count] || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) || rounds < 1)
{
    await Console.Error.WriteLineAsync("Usage: Startup <Gateway.dll> <Empty.dll> <rounds>");
    return 2;
}

await using var nclue = await GatewayEnvironment.StartNclueAsync();
await using var identity = await LocalIdentityProvider.StartAsync(new(), CancellationToken.None);
var settings = GatewayEnvironment.Between(nclue, identity);

// In turns, so that what else the machine does meets both alike. The first round is not counted: it reads the programs from the disk.
var (empty, gateway) = (new List<Launch>(), new List<Launch>());
for (var round = 0; round <= rounds; round++)
{
    var (ofEmpty, ofGateway) = (
        await Launch.MeasureAsync(emptyProgram, new Dictionary<string, string>(), "/"),
        await Launch.MeasureAsync(gatewayProgram, settings, "/health/live", "/health/ready"));
    if (round > 0)
    {
        empty.Add(ofEmpty);
        gateway.Add(ofGateway);
    }
}

Console.WriteLine($"{rounds} starts of each, in turns. Medians, and in parentheses the least and the most.");
Console.WriteLine();
Console.WriteLine("| | empty ASP.NET Core application | gateway | gateway / empty |");
Console.WriteLine("|---|---|---|---|");
Row("start to the first 200 (`/`, `/health/live`)", "ms", launch => launch.Times[0].TotalMilliseconds, launch => launch.Times[0].TotalMilliseconds);
Row("start to ready (`/`, `/health/ready`)", "ms", launch => launch.Times[0].TotalMilliseconds, launch => launch.Times[1].TotalMilliseconds);
Row("processor time until then", "ms", launch => launch.Computing.TotalMilliseconds, launch => launch.Computing.TotalMilliseconds);
Row("resident memory then", "MB", launch => launch.Resident / 1e6, launch => launch.Resident / 1e6);
return 0;

void Row(string what, string unit, Func<Launch, double> ofEmpty, Func<Launch, double> ofGateway)
{
    var (one, other) = (empty.Select(ofEmpty).Order().ToList(), gateway.Select(ofGateway).Order().ToList());
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"| {what} | {Cell(one, unit)} | {Cell(other, unit)} | {Median.Of(other) / Median.Of(one):0.00} |"));
}

static string Cell(List<double> sorted, string unit) =>
    string.Create(CultureInfo.InvariantCulture, $"{Median.Of(sorted):0} {unit} ({sorted[0]:0} to {sorted[^1]:0})");
