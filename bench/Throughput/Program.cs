using System.Globalization;
using NclueGateway.Harness;
using NclueGateway.Throughput;

// bench/run.sh runs this: Throughput <folder of the published programs> <folder of nginx's modules> <rounds> <seconds>
if (args is not [var published, var modules, var roundsText, var secondsText]
    || !int.TryParse(roundsText, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) || rounds < 1
    || !int.TryParse(secondsText, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds < 1)
{
    await System.Console.Error.WriteLineAsync("Usage: Throughput <published> <modules> <rounds> <seconds>");
    return 2;
}

const int Connections = 32;
const int Callers = 16;
var folder = Directory.CreateDirectory(Path.Combine(published, "stage")).FullName;
await using var stage = await Stage.StartAsync(published, modules, folder, Callers);

// All contenders run all the time and are warmed up first. Then they take turns, so that other load on the machine
// affects all of them alike.
var results = stage.Turns.ToDictionary(turn => turn, _ => new List<Load>());
for (var round = 0; round <= rounds; round++)
{
    foreach (var (turn, loads) in results)
    {
        var origin = stage.Floor.Contender.Computed();
        var load = await Load.RunAsync([turn.Contender], stage.Tokens, seconds, Connections, threads: 2, turn.Tag);
        origin = stage.Floor.Contender.Computed() - origin;
        await System.Console.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"round {round} of {rounds}, {turn.Name}: {load.PerSecond:0}/s"));
        stage.ForgetAudit();
        if (round == 0)
        {
            continue;
        }

        loads.Add(load);
        if (turn != stage.Floor && origin.TotalMicroseconds / (load.PerSecond * seconds) > results[stage.Floor][^1].Computing / 2)
        {
            throw new InvalidOperationException($"{turn.Name} did not serve from its cache: a used processor time as well.");
        }
    }
}

System.Console.WriteLine(
    $"{rounds} rounds of {seconds} s each, one contender after the other, {Connections} connections (wrk, 2 threads),");
System.Console.WriteLine($"on the same cores as the servers. Each of {Callers} callers has a token. Medians.");
System.Console.WriteLine();
System.Console.WriteLine("| | requests/s | relative to a | p50 | p99 | processor time per request |");
System.Console.WriteLine("|---|---|---|---|---|---|");
foreach (var turn in stage.Turns)
{
    System.Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {turn.Name} | {Of(turn, PerSecond):0} | {Ratio(turn, stage.Floor):0.00} | {Of(turn, load => load.P50):0.00} ms "
        + $"| {Of(turn, P99):0.00} ms | {Of(turn, Computing):0.0} µs |"));
}

System.Console.WriteLine();
System.Console.WriteLine("| | wanted | measured |");
System.Console.WriteLine("|---|---|---|");
Compare("processor time of b (200, audit to a file) / a", "≤ 1.70", Of(stage.Audited, Computing) / Of(stage.Floor, Computing));
Compare("processor time of c / b (200, audit to a file)", "≥ 1.60", Of(stage.Cached, Computing) / Of(stage.Audited, Computing));
Compare("processor time of d / b (200, audit to a file)", "≥ 1.60", Of(stage.Fusion, Computing) / Of(stage.Audited, Computing));
Compare("p99 of b (200, audit to a file) / a", "≤ 1.50", Of(stage.Audited, P99) / Of(stage.Floor, P99));
return 0;

static double PerSecond(Load load) => load.PerSecond;

static double P99(Load load) => load.P99;

static double Computing(Load load) => load.Computing;

static void Compare(string what, string wanted, double measured) =>
    System.Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {wanted} | {measured:0.00} |"));

double Ratio(Turn one, Turn other) => Of(one, PerSecond) / Of(other, PerSecond);

double Of(Turn turn, Func<Load, double> what) => Median.Of(results[turn].Select(what));
