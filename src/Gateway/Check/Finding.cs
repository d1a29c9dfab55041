namespace NclueGateway.Check;

/// <summary>What the check has seen of one thing, and what to do about it.</summary>
/// <param name="Name">What was looked at: one of the names in <see cref="CheckReport"/>.</param>
/// <param name="State">How it is.</param>
/// <param name="Seen">What was seen. Holds no secret, no signature and nothing of a body.</param>
/// <param name="Advice">What to do; null where nothing is to be done.</param>
internal sealed record Finding(string Name, FindingState State, string Seen, string? Advice = null)
{
    /// <summary>Why NCP has probably refused the call: <c>clock</c>, <c>key</c>, <c>permission</c> or <c>path</c>.</summary>
    public string? Cause { get; init; }

    /// <summary>The lines of the string that was signed, the access key masked.</summary>
    public IReadOnlyList<string>? Signed { get; init; }

    /// <summary>One line for each mistake, where there may be several.</summary>
    public IReadOnlyList<string>? Details { get; init; }

    public static Finding Fine(string name, string seen) => new(name, FindingState.Fine, seen);

    public static Finding Warning(string name, string seen, string advice) => new(name, FindingState.Warning, seen, advice);

    public static Finding Failed(string name, string seen, string advice) => new(name, FindingState.Failed, seen, advice);

    /// <summary>Nothing can be said of it, and nothing hints at a mistake.</summary>
    public static Finding NotChecked(string name, string seen) => new(name, FindingState.NotChecked, seen);
}

internal enum FindingState
{
    /// <summary>As it should be.</summary>
    Fine,

    /// <summary>It works, and somebody should look at it.</summary>
    Warning,

    /// <summary>It does not work: the exit code is 1.</summary>
    Failed,

    /// <summary>Not looked at: left out, skipped because of a failure before it, or nothing that one call can tell.</summary>
    NotChecked,
}
