using NclueGateway.Observability;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// Counts the runs with an undocumented status, and collects each such status once, cleaned for the log.
/// </summary>
internal sealed class UnknownStatuses
{
    private const int MaxLength = 40;

    private readonly List<string> _distinct = [];

    public int Count { get; private set; }

    /// <summary>
    /// The different statuses, trimmed and cut to 40 characters; <c>(none)</c> where no status was sent.
    /// </summary>
    public IReadOnlyList<string> Distinct => _distinct;

    public void Add(string? sent)
    {
        Count++;
        var text = LoggedText.Clean((sent ?? "").Trim(), MaxLength) is { Length: > 0 } named ? named : "(none)";
        if (!_distinct.Contains(text))
        {
            _distinct.Add(text);
        }
    }
}
