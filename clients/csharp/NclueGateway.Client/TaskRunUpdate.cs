using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>
/// One step of a watched list: a <see cref="TaskRunList"/>, <see cref="TaskRunChanges"/>, a <see cref="TaskRunBookmark"/> or
/// a <see cref="TaskRunProgress"/>. Ignore other kinds: a later version of this package may have more.
/// </summary>
public abstract record TaskRunUpdate
{
    private protected TaskRunUpdate()
    {
    }

    /// <summary>
    /// Version of the list to which this update leads, for <see cref="WatchOptions.Since"/>; null with a
    /// <see cref="TaskRunProgress"/>.
    /// </summary>
    [JsonIgnore]
    public string? Version { get; init; }

    /// <summary>Brings a copy of the list up to date. An update that is applied twice does no harm.</summary>
    /// <param name="runs">The runs by id.</param>
    public virtual void ApplyTo(IDictionary<string, TaskRun> runs) => ArgumentNullException.ThrowIfNull(runs);
}

/// <summary>
/// All runs of one version of the list. It comes first, and again whenever the gateway no longer knows the changes since the
/// last update: then it replaces all that was known before.
/// </summary>
public sealed record TaskRunList : TaskRunUpdate
{
    /// <summary>All runs, the newest first.</summary>
    public required IReadOnlyList<TaskRun> Runs { get; init; }

    /// <summary>
    /// Time by the gateway's clock, to the second: no new run and no change of a status before it is missing.
    /// </summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <inheritdoc/>
    public override void ApplyTo(IDictionary<string, TaskRun> runs)
    {
        base.ApplyTo(runs);
        runs.Clear();
        foreach (var run in Runs)
        {
            runs[run.Id] = run;
        }
    }
}

/// <summary>The changes from one version of the list to the next one: 1 to 1,000.</summary>
public sealed record TaskRunChanges : TaskRunUpdate
{
    /// <summary>Number of runs in the version to which the changes lead.</summary>
    public required int Total { get; init; }

    /// <summary>The changes in their order.</summary>
    public required IReadOnlyList<TaskRunChange> Changes { get; init; }

    /// <inheritdoc/>
    public override void ApplyTo(IDictionary<string, TaskRun> runs)
    {
        base.ApplyTo(runs);
        foreach (var change in Changes)
        {
            change.ApplyTo(runs);
        }
    }
}

/// <summary>
/// The age of the list, at the start of a stream, after each read of NCLUE's list that found it current, and every 15 seconds at
/// the latest.
/// </summary>
public sealed record TaskRunBookmark : TaskRunUpdate
{
    /// <summary>
    /// Time by the gateway's clock: no new run and no change of a status before it is missing. While NCLUE does not respond, it
    /// stays as it is.
    /// </summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>Number of runs in this version of the list.</summary>
    public required int Total { get; init; }
}

/// <summary>The gateway still reads the whole list, about 90 runs per second. A <see cref="TaskRunList"/> will follow.</summary>
public sealed record TaskRunProgress : TaskRunUpdate
{
    /// <summary>Number of runs that the gateway has read.</summary>
    public required int Runs { get; init; }

    /// <summary>Number of runs of the whole list; null while it is not known.</summary>
    public long? ExpectedTotal { get; init; }
}
