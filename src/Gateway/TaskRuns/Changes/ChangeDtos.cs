using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>
/// The types of changes, and of the data of events. <see cref="Changes"/> is for the OpenAPI description only: <see cref="ChangeSet"/>
/// writes it from the bytes of the runs.
/// </summary>
internal static class ChangeDtos
{
    /// <summary>The changes of the list after one version of it. The event <c>changes</c> contains those of the next version.</summary>
    public sealed record Changes
    {
        /// <summary>The number of task runs after the changes.</summary>
        public required int Total { get; init; }

        /// <summary>Always true: only a complete list has changes.</summary>
        public required bool Complete { get; init; }

        /// <summary>The changes in their order. A task run occurs more than once if it changed in several versions.</summary>
        [JsonPropertyName("changes")]
        [MaxLength(ChangeSet.MaxChanges)]
        public required IReadOnlyList<Change> Items { get; init; }
    }

    /// <summary>The change of one task run. Applying it twice has the same result as applying it once.</summary>
    public sealed record Change
    {
        /// <summary>The kind of the change. Insert or replace the run, unless it is <c>deleted</c>.</summary>
        public required ChangeType Type { get; init; }

        /// <summary>The id of the task run.</summary>
        public required string Id { get; init; }

        /// <summary>The whole task run; null if it was deleted.</summary>
        public required TaskRun? Run { get; init; }
    }

    /// <summary>The kind of a change: the task run is new to the list, has another property, or is no longer in the list.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<ChangeType>))]
    public enum ChangeType
    {
        /// <summary>The task run is new to the list.</summary>
        [JsonStringEnumMemberName("created")]
        Created,

        /// <summary>A property of the task run has changed.</summary>
        [JsonStringEnumMemberName("updated")]
        Updated,

        /// <summary>The task run is no longer in the list.</summary>
        [JsonStringEnumMemberName("deleted")]
        Deleted,
    }

    /// <summary>The data of the events <c>bookmark</c> and <c>reset</c>: the list at the version that the id of the event names.</summary>
    public sealed record Bookmark
    {
        /// <summary>No new task run and no change of a status before this time is missing.</summary>
        public required DateTimeOffset AsOf { get; init; }

        /// <summary>The number of task runs.</summary>
        public required int Total { get; init; }

        /// <summary>Always true: only a complete list has bookmarks.</summary>
        public required bool Complete { get; init; }
    }

    /// <summary>The data of the event <c>progress</c>, which is sent while the gateway reads the list for the first time.</summary>
    public sealed record Progress
    {
        /// <summary>The number of task runs that are known so far.</summary>
        public required int Runs { get; init; }

        /// <summary>The number of task runs of the list; null while it is not known.</summary>
        public required long? ExpectedTotal { get; init; }
    }

    /// <summary>The data of the event <c>end</c>, which is sent before the gateway ends a stream as planned.</summary>
    public sealed record StreamEnd
    {
        /// <summary>The reason of the end.</summary>
        public required EndReason Reason { get; init; }
    }
}

/// <summary>
/// The reason for which the gateway ends a stream. After <c>time</c> (the maximum duration) and <c>drain</c> (the replica is shutting
/// down), open the next one. <c>token</c>: get a new access token first. <c>session</c>: sign in first. <c>permission</c>: the caller may
/// no longer read task runs.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<EndReason>))]
internal enum EndReason
{
    /// <summary>The stream was open for the longest time. Open the next one.</summary>
    [JsonStringEnumMemberName("time")]
    Time,

    /// <summary>The replica is shutting down. Open the next one: another replica continues.</summary>
    [JsonStringEnumMemberName("drain")]
    Drain,

    /// <summary>The access token has expired. Get a new one first.</summary>
    [JsonStringEnumMemberName("token")]
    Token,

    /// <summary>The browser session has ended. Sign in first.</summary>
    [JsonStringEnumMemberName("session")]
    Session,

    /// <summary>The caller may no longer read task runs.</summary>
    [JsonStringEnumMemberName("permission")]
    Permission,
}
