using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Links (RFC 8288) that several operations on the whole list have.</summary>
internal static class ListLinks
{
    /// <summary>Returns the links of a response that is no page: to the list, and to the changes after the response's version.</summary>
    /// <param name="list">The path of the list.</param>
    /// <param name="version">The version.</param>
    public static string Of(string list, SnapshotVersion version) => $"<{list}>; rel=\"collection\", {Monitor(list, version)}";

    /// <summary>Returns the link to the changes after a version (RFC 5989).</summary>
    public static string Monitor(string list, SnapshotVersion version) => Changes(list, version, "monitor");

    /// <summary>Returns a link to the changes after a version.</summary>
    public static string Changes(string list, SnapshotVersion version, string relation) =>
        $"<{ChangesAfter(list, version)}>; rel=\"{relation}\"";

    /// <summary>Returns the address of the changes after a version.</summary>
    public static string ChangesAfter(string list, SnapshotVersion version) => $"{list}/changes?since={version}";
}
