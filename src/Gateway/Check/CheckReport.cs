using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace NclueGateway.Check;

/// <summary>What the check has found: a table for people, lines for a file, JSON for machines. The names and the JSON are a contract.</summary>
internal sealed class CheckReport(IReadOnlyList<Finding> findings)
{
    public const string Settings = "settings";
    public const string IdentityProvider = "identity-provider";
    public const string Redis = "redis";
    public const string RedisClock = "redis-clock";
    public const string RedisMemory = "redis-memory";
    public const string Collector = "collector";
    public const string Nclue = "nclue";
    public const string Clock = "clock";
    public const string IndexUnit = "index-unit";
    public const string TimeZone = "time-zone";

    /// <summary>All of them, in the order of a report. Each report has each of them once.</summary>
    public static readonly IReadOnlyList<string> Names =
        [Settings, IdentityProvider, Redis, RedisClock, RedisMemory, Collector, Nclue, Clock, IndexUnit, TimeZone];

    private const int Indent = 13;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // it goes to a terminal or a file, and into no page
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public IReadOnlyList<Finding> Findings => findings;

    /// <summary>The worst that was found: fine, warning or failed.</summary>
    public FindingState Outcome =>
        findings.Any(finding => finding.State == FindingState.Failed) ? FindingState.Failed
        : findings.Any(finding => finding.State == FindingState.Warning) ? FindingState.Warning
        : FindingState.Fine;

    public int ExitCode => Outcome == FindingState.Failed ? 1 : 0;

    public string ToJson() => JsonSerializer.Serialize(new { Outcome, Checks = findings }, Json);

    public void WriteLines(TextWriter output)
    {
        foreach (var finding in findings)
        {
            output.WriteLine($"{StateOf(finding).PadRight(Indent)}{Title(finding.Name)}: {finding.Seen}");
            foreach (var line in More(finding))
            {
                output.WriteLine(new string(' ', Indent) + line);
            }
        }

        output.WriteLine(Summary);
    }

    public void WriteTable(IAnsiConsole console)
    {
        var table = new Table { ShowRowSeparators = true }.Border(TableBorder.Rounded);
        table.AddColumns("What", "State", "What was seen", "What to do");
        table.Columns[0].NoWrap();
        table.Columns[1].NoWrap();
        foreach (var finding in findings)
        {
            table.AddRow(
                new Text(Title(finding.Name)),
                new Text(StateOf(finding), StyleOf(finding.State)),
                new Text(string.Join('\n', [finding.Seen, .. finding.Details ?? [], .. SignedLines(finding)])),
                new Text(finding.Advice ?? ""));
        }

        console.Write(table);
        console.WriteLine(Summary, StyleOf(Outcome));
    }

    private string Summary
    {
        get
        {
            var failed = findings.Count(finding => finding.State == FindingState.Failed);
            var warnings = findings.Count(finding => finding.State == FindingState.Warning);
            return failed + warnings == 0
                ? "Nothing failed."
                : $"{failed} failed, {warnings} {(warnings == 1 ? "warning" : "warnings")}.";
        }
    }

    private static IEnumerable<string> More(Finding finding)
    {
        IEnumerable<string> advice = finding.Advice is null ? [] : [$"To do: {finding.Advice}"];
        return [.. finding.Details ?? [], .. SignedLines(finding), .. advice];
    }

    private static IEnumerable<string> SignedLines(Finding finding) => finding.Signed is { } lines
        ? ["Signed, without a line end after the last line:", .. lines.Select(line => "  " + line)]
        : [];

    private static string StateOf(Finding finding) => finding.State switch
    {
        FindingState.NotChecked => "not checked",
        var state => state.ToString().ToLowerInvariant(),
    };

    private static Style StyleOf(FindingState state) => new(state switch
    {
        FindingState.Fine => Color.Green,
        FindingState.Warning => Color.Yellow,
        FindingState.Failed => Color.Red,
        _ => Color.Grey,
    });

    private static string Title(string name) => name switch
    {
        Settings => "Settings",
        IdentityProvider => "Identity provider",
        Redis => "Redis",
        RedisClock => "Clock of Redis",
        RedisMemory => "Memory of Redis",
        Collector => "Collector",
        Nclue => "NCLUE",
        Clock => "Clock",
        IndexUnit => "Nclue:IndexUnit",
        TimeZone => "Nclue:TimeZone",
        _ => name,
    };
}
