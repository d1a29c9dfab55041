using System.Text;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>A condition of a query: its part of the query string, and its meaning.</summary>
internal sealed record Condition(string Name, string Text, Predicate<ListedRun> Holds);

/// <summary>A query, as the documentation of the gateway describes it.</summary>
internal sealed record Question(IReadOnlyList<Condition> Conditions, string? Sort)
{
    /// <summary>The query string.</summary>
    public string Text => string.Join(
        '&', Conditions.Select(condition => condition.Text).Append(Sort is null ? null : $"sort={Sort}").OfType<string>());

    /// <summary>Returns the ids of the matching runs, in the order of the query.</summary>
    public IReadOnlyList<string> Find(IEnumerable<ListedRun> runs)
    {
        var sort = Sort ?? "-createdAt";
        Func<ListedRun, string?> value = sort.TrimStart('-') switch
        {
            "createdAt" => run => run.CreatedAt.Meant?.UtcTicks.ToString("D20"),
            "completedAt" => run => run.CompletedAt.Meant?.UtcTicks.ToString("D20"),
            "durationSeconds" => run => run.DurationSeconds?.ToString("D20"),
            _ => run => run.Name is { } name ? Fold(name) : null,
        };
        var matches = runs.Where(run => Conditions.All(condition => condition.Holds(run))).OrderBy(run => value(run) is null);
        var sorted = sort[0] == '-' ? matches.ThenByDescending(value, CodePoints) : matches.ThenBy(value, CodePoints);
        return [.. sorted.ThenBy(run => run.Id, CodePoints).Select(run => run.Id)];
    }

    /// <summary>Returns a text as it is compared.</summary>
    public static string Fold(string text) => text.Normalize(NormalizationForm.FormC).ToLowerInvariant();

    /// <summary>The bytes of UTF-8 have the order of the code points.</summary>
    private static readonly IComparer<string?> CodePoints = Comparer<string?>.Create(
        (one, other) => Encoding.UTF8.GetBytes(one ?? "").AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(other ?? "")));
}
