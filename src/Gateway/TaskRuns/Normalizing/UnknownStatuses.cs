using NclueGateway.Observability;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>Counts the runs whose status is none of the documented ones, and keeps each such status once, fit for a log line.</summary>
internal sealed class UnknownStatuses
{
    private const int MaxLength = 40;

    private readonly List<string> _distinct = [];

    public int Count { get; private set; }

    /// <summary>
    /// At most 40 characters each, without blanks around; <c>(none)</c> where no status was sent.
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
