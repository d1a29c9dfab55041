using System.Globalization;
using System.Net.Http.Headers;
using NclueGateway.Harness;
using NclueGateway.Sandbox.Identity;
using NclueGateway.Startup;

// bench/startup.sh runs this: Startup <Gateway.dll> <Packages.dll> <Empty.dll> <rounds>
if (args is not [var gatewayProgram, var packagesProgram, var emptyProgram, var count]
    || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) || rounds < 1)
{
    await System.Console.Error.WriteLineAsync("Usage: Startup <Gateway.dll> <Packages.dll> <Empty.dll> <rounds>");
    return 2;
}

const int Reads = 100_000;
const int Callers = 16;
await using var nclue = await GatewayEnvironment.StartNclueAsync();
await using var identity = await LocalIdentityProvider.StartAsync(new(), CancellationToken.None);
var tokens = await Task.WhenAll(Enumerable.Range(1, Callers)
    .Select(n => identity.GetUserTokenAsync($"reader-{n}", CancellationToken.None)));
var settings = new Dictionary<string, string>(GatewayEnvironment.Between(nclue, identity))
{
    ["Quota__RequestsPerSecond"] = "10000",
    ["Quota__Burst"] = "100000",
};

// The programs take turns, so that other load on the machine affects both alike. The first round is not counted: it
// reads the programs from disk.
var (empty, packages, gateway) = (new List<Launch>(), new List<Launch>(), new List<Launch>());
for (var round = 0; round <= rounds; round++)
{
    var isLoaded = round % 4 == 1; // not in each round, because the load takes a while
    Func<HttpClient, Task>? LoadOf(string path) => isLoaded ? client => ReadAsync(client, path) : null;
    var ofEmpty = await Launch.MeasureAsync(emptyProgram, new Dictionary<string, string>(), LoadOf("/"), "/");
    var ofPackages = await Launch.MeasureAsync(packagesProgram, new Dictionary<string, string>(), LoadOf("/"), "/");
    var ofGateway = await Launch.MeasureAsync(
        gatewayProgram, settings, LoadOf("/api/task-runs?index=0&limit=20"), "/health/live", "/health/ready");
    if (round > 0)
    {
        empty.Add(ofEmpty);
        packages.Add(ofPackages);
        gateway.Add(ofGateway);
    }
}

System.Console.WriteLine($"{rounds} starts of each, in turns. Medians, with minimum and maximum in parentheses.");
System.Console.WriteLine();
System.Console.WriteLine("| | empty application | packages alone | gateway | packages / empty | gateway / empty (wanted: ≤ 1.50) |");
System.Console.WriteLine("|---|---|---|---|---|---|");
Row("start to the first 200 (`/`, `/health/live`)", "ms", First, First);
Row("start to ready (`/`, `/health/ready`)", "ms", First, launch => launch.Times[1].TotalMilliseconds);
RowOfBoth("processor time until then", "ms", launch => launch.Computing.TotalMilliseconds);
RowOfBoth("resident memory then", "MB", launch => launch.Resident / 1e6);
RowOfBoth($"resident memory after {Reads / 1000},000 reads", "MB", launch => launch.Loaded / 1e6);
return 0;

static double First(Launch launch) => launch.Times[0].TotalMilliseconds;

void RowOfBoth(string what, string unit, Func<Launch, double> figure) => Row(what, unit, figure, figure);

async Task ReadAsync(HttpClient client, string path) => await Task.WhenAll(tokens.Select(async token =>
{
    for (var read = 0; read < Reads / Callers; read++)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }
}));

void Row(string what, string unit, Func<Launch, double> ofOthers, Func<Launch, double> ofGateway)
{
    var (one, two, three) = (Sorted(empty, ofOthers), Sorted(packages, ofOthers), Sorted(gateway, ofGateway));
    System.Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {what} | {Cell(one, unit)} | {Cell(two, unit)} | {Cell(three, unit)} "
        + $"| {Median.Of(two) / Median.Of(one):0.00} | {Median.Of(three) / Median.Of(one):0.00} |"));
}

static List<double> Sorted(List<Launch> launches, Func<Launch, double> figure) =>
    [.. launches.Select(figure).Where(measured => measured > 0).Order()];

static string Cell(List<double> sorted, string unit) =>
    string.Create(CultureInfo.InvariantCulture, $"{Median.Of(sorted):0} {unit} ({sorted[0]:0} to {sorted[^1]:0})");
