using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>The changes of the list since one version of it.</summary>
public sealed record TaskRunDelta : GatewayContent
{
    /// <summary>Number of runs in <see cref="Version"/>.</summary>
    public required int Total { get; init; }

    /// <summary>
    /// The changes of whole versions in their order, at most 1,000. A run occurs more than once if it changed in several
    /// versions. If there are more, the next call returns them at once.
    /// </summary>
    public required IReadOnlyList<TaskRunChange> Changes { get; init; }

    /// <summary>
    /// Version of the list to which the changes lead, for the next call and for <see cref="WatchOptions.Since"/>.
    /// </summary>
    [JsonIgnore]
    public string Version { get; init; } = "";
}
