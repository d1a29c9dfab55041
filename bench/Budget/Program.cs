using System.Globalization;
using System.Text.Json;
using NclueGateway.Budget;

// dotnet run --project bench/Budget -c Release -- [seconds] [scenario …] [--few] [--json]
// --few halves the number of runs, for a short measurement; --json writes one line of JSON per scenario.
// The variable EARLIER_RELEASE names the gateway's assembly of an earlier release, for the scenario "rollout".
var seconds = args.Length > 0 && int.TryParse(args[0], NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 60;
var isJson = args.Contains("--json");
var names = args.Where(arg => !arg.All(char.IsAsciiDigit) && arg is not ("--json" or "--few")).ToList();
if (args.Contains("--few"))
{
    Scenarios.Runs /= 2;
}

Scenarios.EarlierRelease = Environment.GetEnvironmentVariable("EARLIER_RELEASE");
if (names.Except(Scenarios.All.Keys).Any())
{
    await System.Console.Error.WriteLineAsync($"Usage: budget.sh [seconds] [{string.Join(" | ", Scenarios.All.Keys)}]");
    return 2;
}

if (!RedisServer.IsInstalled)
{
    await System.Console.Error.WriteLineAsync(RedisServer.Missing);
    return 2;
}

foreach (var (name, run) in Scenarios.All.Where(scenario => names.Count == 0 || names.Contains(scenario.Key)))
{
    var seen = await run(TimeSpan.FromSeconds(seconds));
    System.Console.WriteLine(isJson ? JsonSerializer.Serialize(seen) : $"### {name}\n\n```text\n{seen.ToString().TrimEnd()}\n```\n");
}

return 0;
