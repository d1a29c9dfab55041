using System.Globalization;
using NclueGateway.Budget;

// dotnet run --project bench/Budget -c Release -- [seconds] [scenario …]
var seconds = args.Length > 0 && int.TryParse(args[0], NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 60;
var names = args.Where(arg => !arg.All(char.IsAsciiDigit)).ToList();
if (names.Except(Scenarios.All.Keys).Any())
{
    await Console.Error.WriteLineAsync($"Usage: budget.sh [seconds] [{string.Join(" | ", Scenarios.All.Keys)}]");
    return 2;
}

if (!RedisServer.IsInstalled)
{
    await Console.Error.WriteLineAsync(RedisServer.Missing);
    return 2;
}

foreach (var (name, run) in Scenarios.All.Where(scenario => names.Count == 0 || names.Contains(scenario.Key)))
{
    Console.WriteLine($"## {name}\n\n```text\n{(await run(TimeSpan.FromSeconds(seconds))).ToString().TrimEnd()}\n```\n");
}

return 0;
