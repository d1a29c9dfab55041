namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// The gateway's values for the status of a run and of its model. NCLUE's documentation is inconsistent
/// (<c>complete</c> where a run is created, <c>completed</c> where it is listed), and a status that NCLUE adds later
/// must not break a frontend.
/// </summary>
internal static class TaskRunStatus
{
    public const string Completed = "completed";

    /// <summary>The status of a run or model for which NCLUE sent no status or an undocumented one.</summary>
    public const string Unknown = "unknown";

    /// <summary>
    /// Returns <c>registered</c>, <c>pending</c>, <c>in_progress</c>, <c>completed</c>, <c>failed</c> or
    /// <c>unknown</c>.
    /// </summary>
    public static string OfRun(string? sent) => Word(sent) switch
    {
        "REGISTERED" => "registered",
        "PENDING" => "pending",
        "IN_PROGRESS" => "in_progress",
        "COMPLETE" or "COMPLETED" => Completed,
        "FAILED" => "failed",
        _ => Unknown,
    };

    /// <summary>Returns <c>active</c>, <c>deprecated</c> or <c>unknown</c>.</summary>
    public static string OfModel(string? sent) => Word(sent) switch
    {
        "ACTIVE" => "active",
        "DEPRECATED" => "deprecated",
        _ => Unknown,
    };

    private static string? Word(string? sent) => sent?.Trim().ToUpperInvariant();
}
