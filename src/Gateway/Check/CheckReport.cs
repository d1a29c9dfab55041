using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NclueGateway.Check;

/// <summary>Results of the check: lines for people, JSON for machines. The names and the JSON are a contract.</summary>
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

    private static readonly (string Name, string Title)[] Parts =
    [
        (Settings, "Settings"), (IdentityProvider, "Identity provider"), (Redis, "Redis"), (RedisClock, "Clock of Redis"),
        (RedisMemory, "Memory of Redis"), (Collector, "Collector"), (Nclue, "NCLUE"), (Clock, "Clock"),
        (IndexUnit, "Nclue:IndexUnit"), (TimeZone, "Nclue:TimeZone"),
    ];

    /// <summary>All names, in the order of a report. Every report contains every name exactly once.</summary>
    public static readonly IReadOnlyList<string> Names = [.. Parts.Select(part => part.Name)];

    private const int Indent = 13;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // for a terminal or a file, never for HTML
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public IReadOnlyList<Finding> Findings => findings;

    /// <summary>Worst state of all findings: fine, warning or failed.</summary>
    public FindingState Outcome =>
        findings.Any(finding => finding.State == FindingState.Failed) ? FindingState.Failed
        : findings.Any(finding => finding.State == FindingState.Warning) ? FindingState.Warning
        : FindingState.Fine;

    public int ExitCode => Outcome == FindingState.Failed ? 1 : 0;

    public string ToJson() => JsonSerializer.Serialize(new { Outcome, Checks = findings }, Json);

    /// <summary>Returns a paragraph for each finding.</summary>
    /// <param name="width">Maximum length of a line. Lines of the signed string are never wrapped.</param>
    public string ToText(int width) =>
        string.Join(Environment.NewLine, findings.SelectMany(finding => Paragraph(finding, width - Indent)).Append(Summary));

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
