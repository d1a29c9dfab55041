using System.Globalization;
using NclueGateway.Sandbox.Identity;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Startup;

// bench/startup.sh runs this: Startup <Gateway.dll> <Empty.dll> <rounds>
if (args is not [var gatewayProgram, var emptyProgram, var count] || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) || rounds < 1)
{
    await Console.Error.WriteLineAsync("Usage: Startup <Gateway.dll> <Empty.dll> <rounds>");
    return 2;
}

await using var nclue = await SimulatedNclue.StartAsync(new() { Keys = { ["AK"] = "SK" }, Frozen = true }, CancellationToken.None);
await using var identity = await LocalIdentityProvider.StartAsync(new(), CancellationToken.None);
var settings = new Dictionary<string, string>
{
    ["Nclue__BaseAddress"] = nclue.BaseAddress.AbsoluteUri,
    ["Nclue__AccessKey"] = "AK",
    ["Nclue__SecretKey"] = "SK",
    ["Auth__Authority"] = identity.Authority.AbsoluteUri,
    ["Auth__Audience"] = LocalIdentityProvider.Audience,
    ["Auth__RequireHttpsMetadata"] = "false",
};

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
        CultureInfo.InvariantCulture, $"| {what} | {Cell(one, unit)} | {Cell(other, unit)} | {Median(other) / Median(one):0.00} |"));
}

static string Cell(List<double> sorted, string unit) =>
    string.Create(CultureInfo.InvariantCulture, $"{Median(sorted):0} {unit} ({sorted[0]:0} to {sorted[^1]:0})");

static double Median(List<double> sorted) => (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
