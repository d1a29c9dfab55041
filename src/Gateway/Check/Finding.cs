namespace NclueGateway.Check;

/// <summary>Result of one part of the check, with advice.</summary>
/// <param name="Name">Name of the part: one of those in <see cref="CheckReport"/>.</param>
/// <param name="State">The state.</param>
/// <param name="Seen">The observation. Contains no secret, no signature and nothing of a body.</param>
/// <param name="Advice">Advice for the operator; null if no action is needed.</param>
internal sealed record Finding(string Name, FindingState State, string Seen, string? Advice = null)
{
    /// <summary>Probable reason for NCP's refusal: <c>clock</c>, <c>key</c>, <c>permission</c> or <c>path</c>.</summary>
    public string? Cause { get; init; }

    /// <summary>The lines of the string that was signed, the access key masked.</summary>
    public IReadOnlyList<string>? Signed { get; init; }

    /// <summary>One line for each error, for parts that may have several errors.</summary>
    public IReadOnlyList<string>? Details { get; init; }

    public static Finding Fine(string name, string seen) => new(name, FindingState.Fine, seen);

    public static Finding Warning(string name, string seen, string advice) => new(name, FindingState.Warning, seen, advice);

    public static Finding Failed(string name, string seen, string advice) => new(name, FindingState.Failed, seen, advice);

    /// <summary>Creates the finding of a part that cannot be judged and shows no sign of a mistake.</summary>
    public static Finding NotChecked(string name, string seen) => new(name, FindingState.NotChecked, seen);
}

/// <summary>States of a finding; up to <see cref="Failed"/> from the best to the worst.</summary>
internal enum FindingState
{
    /// <summary>Correct.</summary>
    Fine,

    /// <summary>Works, but an operator should check it.</summary>
    Warning,

    /// <summary>Does not work: the exit code is 1.</summary>
    Failed,

    /// <summary>Not checked: excluded by an option, skipped after an earlier failure, or not decidable by one call.</summary>
    NotChecked,
}
