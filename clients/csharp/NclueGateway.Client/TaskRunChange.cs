using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>The change of one run.</summary>
public sealed record TaskRunChange
{
    /// <summary>Kind of the change.</summary>
    public required TaskRunChangeType Type { get; init; }

    /// <summary>The run's id.</summary>
    public required string Id { get; init; }

    /// <summary>The whole run; null if it was deleted.</summary>
    public TaskRun? Run { get; init; }

    /// <summary>Brings a copy of the list up to date. A change that is applied twice does no harm.</summary>
    /// <param name="runs">The runs by id.</param>
    public void ApplyTo(IDictionary<string, TaskRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        if (Run is null)
        {
            runs.Remove(Id);
        }
        else
        {
            runs[Id] = Run;
        }
    }
}

/// <summary>Kind of a change.</summary>
[JsonConverter(typeof(TaskRunChangeTypeWords))]
public enum TaskRunChangeType
{
    /// <summary>A kind that is not known to this client. <see cref="TaskRunChange.Run"/> is the run as it is now.</summary>
    Unknown,

    /// <summary>The run is new to the list.</summary>
    Created,

    /// <summary>A property of the run has changed.</summary>
    Updated,

    /// <summary>The run is no longer in the list.</summary>
    Deleted,
}

internal sealed class TaskRunChangeTypeWords() : Words<TaskRunChangeType>(new()
{
    ["created"] = TaskRunChangeType.Created,
    ["updated"] = TaskRunChangeType.Updated,
    ["deleted"] = TaskRunChangeType.Deleted,
});
