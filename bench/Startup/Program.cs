using System.Globalization;
using System.Net.Http.Headers;
using NclueGateway.Harness;
using NclueGateway.Sandbox.Identity;
using NclueGateway.Startup;

// bench/startup.sh runs this: Startup <Gateway.dll> <Empty.dll> <rounds>
if (args is not [var gatewayProgram, var emptyProgram, var count] || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) || rounds < 1)
{
    await Console.Error.WriteLineAsync("Usage: Startup <Gateway.dll> <Empty.dll> <rounds>");
    return 2;
}

const int Reads = 100_000;
const int Callers = 16;
await using var nclue = await GatewayEnvironment.StartNclueAsync();
await using var identity = await LocalIdentityProvider.StartAsync(new(), CancellationToken.None);
var tokens = await Task.WhenAll(Enumerable.Range(1, Callers).Select(n => identity.GetUserTokenAsync($"reader-{n}", CancellationToken.None)));
var settings = new Dictionary<string, string>(GatewayEnvironment.Between(nclue, identity))
{
    ["Quota__RequestsPerSecond"] = "10000",
    ["Quota__Burst"] = "100000",
};

// In turns, so that what else the machine does meets both alike. The first round is not counted: it reads the programs from the disk.
var (empty, gateway) = (new List<Launch>(), new List<Launch>());
for (var round = 0; round <= rounds; round++)
{
    var isLoaded = round % 4 == 1; // it takes a while
    var (ofEmpty, ofGateway) = (
        await Launch.MeasureAsync(emptyProgram, new Dictionary<string, string>(), isLoaded ? client => ReadAsync(client, "/") : null, "/"),
        await Launch.MeasureAsync(
            gatewayProgram, settings, isLoaded ? client => ReadAsync(client, "/api/task-runs?index=0&limit=20") : null, "/health/live", "/health/ready"));
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
Row($"resident memory after {Reads / 1000},000 reads", "MB", launch => launch.Loaded / 1e6, launch => launch.Loaded / 1e6);
return 0;

async Task ReadAsync(HttpClient client, string path) => await Task.WhenAll(tokens.Select(async token =>
{
    for (var read = 0; read < Reads / Callers; read++)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        using var answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }
}));

void Row(string what, string unit, Func<Launch, double> ofEmpty, Func<Launch, double> ofGateway)
{
    var (one, other) = (Sorted(empty, ofEmpty), Sorted(gateway, ofGateway));
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"| {what} | {Cell(one, unit)} | {Cell(other, unit)} | {Median.Of(other) / Median.Of(one):0.00} |"));
}

static List<double> Sorted(List<Launch> launches, Func<Launch, double> figure) => [.. launches.Select(figure).Where(measured => measured > 0).Order()];

static string Cell(List<double> sorted, string unit) =>
    string.Create(CultureInfo.InvariantCulture, $"{Median.Of(sorted):0} {unit} ({sorted[0]:0} to {sorted[^1]:0})");
