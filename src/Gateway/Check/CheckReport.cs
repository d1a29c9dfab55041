using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NclueGateway.Check;

/// <summary>Results of the check: lines for people, JSON for machines. The names and the JSON are a contract.</summary>
/// <param name="findings">The findings.</param>
/// <param name="skipped">The reason why a part has no finding.</param>
internal sealed class CheckReport(IReadOnlyList<Finding> findings, string skipped = "Skipped: see above.")
{
    public const string Settings = "settings";
    public const string IdentityProvider = "identity-provider";
    public const string Redis = "redis";
    public const string RedisClock = "redis-clock";
    public const string RedisMemory = "redis-memory";
    public const string RedisLog = "redis-log";
    public const string Collector = "collector";
    public const string Nclue = "nclue";
    public const string Clock = "clock";
    public const string IndexUnit = "index-unit";
    public const string TimeZone = "time-zone";
    public const string List = "list";

    private static readonly (string Name, string Title)[] Parts =
    [
        (Settings, "Settings"), (IdentityProvider, "Identity provider"), (Redis, "Redis"), (RedisClock, "Clock of Redis"),
        (RedisMemory, "Memory of Redis"), (RedisLog, "Log of the snapshot"), (Collector, "Collector"), (Nclue, "NCLUE"), (Clock, "Clock"),
        (IndexUnit, "Nclue:IndexUnit"), (TimeZone, "Nclue:TimeZone"), (List, "List of runs"),
    ];

    private const int Indent = 13;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // for a terminal or a file, never for HTML
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>One finding for each part, in the order of the parts.</summary>
    public IReadOnlyList<Finding> Findings { get; } =
        [.. Parts.Select(part => findings.FirstOrDefault(found => found.Name == part.Name) ?? Finding.NotChecked(part.Name, skipped))];

    /// <summary>Worst state of all findings: fine, warning or failed.</summary>
    public FindingState Outcome =>
        Findings.Max(finding => finding.State == FindingState.NotChecked ? FindingState.Fine : finding.State);

    public int ExitCode => Outcome == FindingState.Failed ? 1 : 0;

    public string ToJson() => JsonSerializer.Serialize(new { Outcome, Checks = Findings }, Json);

    /// <summary>Returns a paragraph for each finding.</summary>
    /// <param name="width">Maximum length of a line. Lines of the signed string are never wrapped.</param>
    public string ToText(int width) =>
        string.Join(Environment.NewLine, Findings.SelectMany(finding => Paragraph(finding, width - Indent)).Append(Summary));

    private string Summary
    {
        get
        {
            var failed = Findings.Count(finding => finding.State == FindingState.Failed);
            var warnings = Findings.Count(finding => finding.State == FindingState.Warning);
            return failed + warnings == 0
                ? "Nothing failed."
                : $"{failed} failed, {warnings} {(warnings == 1 ? "warning" : "warnings")}.";
        }
    }

    private static IEnumerable<string> Paragraph(Finding finding, int width)
    {
        List<string> texts = [$"{Parts.First(part => part.Name == finding.Name).Title}: {finding.Seen}", .. finding.Details ?? []];
        if (finding.Signed is { } lines)
        {
            texts.AddRange(lines.Select(line => "  " + line).Prepend("Signed, without a line end after the last line:"));
        }

        if (finding.Advice is { } advice)
        {
            texts.Add($"To do: {advice}");
        }

        return texts.SelectMany(text => Wrap(text, width))
            .Select((line, number) => (number == 0 ? StateOf(finding) : "").PadRight(Indent) + line);
    }

    private static string StateOf(Finding finding) => finding.State switch
    {
        FindingState.NotChecked => "not checked",
        var state => state.ToString().ToLowerInvariant(),
    };

    private static IEnumerable<string> Wrap(string text, int width)
    {
        while (text.Length > width && text[0] != ' ' && text.LastIndexOf(' ', width) is > 0 and var end)
        {
            yield return text[..end];
            text = text[(end + 1)..];
        }

        yield return text;
    }
}
