using System.Text.RegularExpressions;

namespace NclueGateway.Tests.Deploy;

/// <summary>
/// The series that a PromQL query selects and the labels that it groups by, as far as they can be read without the
/// grammar of PromQL.
/// </summary>
internal sealed partial class PromQuery
{
    private static readonly string[] Operators = ["and", "or", "unless", "bool", "offset"];

    private PromQuery(IReadOnlyList<Selector> selectors, IReadOnlyList<string> groups) => (Selectors, Groups) = (selectors, groups);

    public IReadOnlyList<Selector> Selectors { get; }

    /// <summary>The labels in <c>by (…)</c> and <c>on (…)</c>, except those that Prometheus adds and the bounds of histograms.</summary>
    public IReadOnlyList<string> Groups { get; }

    public static PromQuery Parse(string text)
    {
        var groups = Grouping().Matches(text).SelectMany(match => match.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries));
        var selectors = Token().Matches(Grouping().Replace(text, " "))
            .Where(token => token.Groups["name"].Success && !token.Groups["call"].Success)
            .Where(token => !Operators.Contains(token.Groups["name"].Value))
            .Select(token => new Selector(
                token.Groups["name"].Value,
                [.. Label().Matches(token.Groups["matchers"].Value).Select(label => new Matcher(
                    label.Groups["name"].Value, label.Groups["operator"].Value, Regex.Unescape(label.Groups["value"].Value)))]));
        return new([.. selectors], [.. groups.Except(["job", "instance", "le"]).Distinct()]);
    }

    /// <summary>Returns the part of the query that no sample matches; null if samples match all of it.</summary>
    public IEnumerable<string> MissingIn(IReadOnlyCollection<Sample> samples)
    {
        var asked = samples.Where(sample => Selectors.Any(selector => selector.Metric == sample.Metric)).ToList();
        return Selectors.SelectMany(selector => selector.Alternatives())
            .Where(selector => !samples.Any(selector.Matches))
            .Select(selector => selector.ToString())
            .Concat(Groups.Where(label => !asked.Any(sample => sample.Labels.ContainsKey(label))));
    }

    /// <summary>Parses the samples of <c>/metrics</c>, without their values.</summary>
    public static IReadOnlyCollection<Sample> ReadSamples(string metrics) =>
    [
        .. metrics.Split('\n')
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => Token().Match(line))
        .Select(match => new Sample(
            match.Groups["name"].Value,
            Label().Matches(match.Groups["matchers"].Value)
                .ToDictionary(label => label.Groups["name"].Value, label => label.Groups["value"].Value))),
    ];

    [GeneratedRegex(@"\b(?:by|on|without|ignoring|group_left|group_right)\s*\((?<labels>[^)]*)\)")]
    private static partial Regex Grouping();

    // Strings, times in brackets and numbers are matched so that their content is not read as a name.
    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|\[[^\]]*\]|\b[0-9][\w.]*
        |(?<name>[a-zA-Z_:][\w:]*)\s*(?:\{(?<matchers>(?:[^"}]|"(?:[^"\\]|\\.)*")*)\}|(?<call>\())?
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Token();

    [GeneratedRegex("""(?<name>\w+)(?<operator>=~|!~|!=|=)"(?<value>(?:[^"\\]|\\.)*)"(?:,|$)""")]
    private static partial Regex Label();

    /// <summary>A sample: one line of <c>/metrics</c>.</summary>
    internal sealed record Sample(string Metric, IReadOnlyDictionary<string, string> Labels);

    internal sealed record Matcher(string Label, string Operator, string Value);

    internal sealed partial record Selector(string Metric, IReadOnlyList<Matcher> Matchers)
    {
        /// <summary>
        /// Returns one selector for each alternative of a matcher such as <c>outcome=~"a-(b|c)"</c>, because each of them
        /// must exist.
        /// </summary>
        public IEnumerable<Selector> Alternatives()
        {
            foreach (
                var (matcher, parts) in Matchers.Where(matcher => matcher.Operator == "=~")
                    .Select(matcher => (matcher, Choice().Match(matcher.Value))))
            {
                if (parts.Success)
                {
                    return parts.Groups["of"].Value.Split('|')
                        .Select(one => matcher with { Value = parts.Groups["before"].Value + one + parts.Groups["after"].Value })
                        .Select(one => this with { Matchers = [.. Matchers.Except([matcher]), one] });
                }
            }

            return [this];
        }

        /// <summary>
        /// Returns true if it selects the sample. The label must exist for matchers that exclude samples and for
        /// variables of the dashboard.
        /// </summary>
        public bool Matches(Sample sample) =>
            sample.Metric == Metric
                && Matchers.Where(matcher => matcher.Label is not ("job" or "instance")).All(matcher =>
            sample.Labels.TryGetValue(matcher.Label, out var value) && matcher.Operator switch
            {
                "=" => value == matcher.Value,
                "=~" => Regex.IsMatch(value, $"^(?:{matcher.Value})$"),
                _ => true,
            });

        public override string ToString() =>
            $"{Metric}{{{string.Join(',', Matchers.Select(matcher => $"{matcher.Label}{matcher.Operator}\"{matcher.Value}\""))}}}";

        [GeneratedRegex(@"^(?<before>[^(]*)\((?<of>[^()]*\|[^()]*)\)(?<after>[^(]*)$")]
        private static partial Regex Choice();
    }
}
