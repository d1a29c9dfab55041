using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>
/// The types of changes, and of the messages of the event stream. <see cref="Changes"/> is for the OpenAPI description only:
/// <see cref="ChangeSet"/> writes it from the bytes of the runs.
/// </summary>
internal static class ChangeDtos
{
    /// <summary>The changes of the list after one version of it. In the event stream, those of the next version.</summary>
    public sealed record Changes
    {
        /// <summary>The number of task runs in the version that the changes lead to.</summary>
        public required int Total { get; init; }

        /// <summary>True: changes are told only of a complete list.</summary>
        public required bool Complete { get; init; }

        /// <summary>The changes in their order. A task run occurs more than once if it changed in several versions.</summary>
        [JsonPropertyName("changes")]
        [MaxLength(ChangeSet.MaxChanges)]
        public required IReadOnlyList<Change> Items { get; init; }
    }

    /// <summary>The change of one task run. To apply it twice does no harm.</summary>
    public sealed record Change
    {
        /// <summary>The kind of the change.</summary>
        public required ChangeType Type { get; init; }

        /// <summary>The id of the task run.</summary>
        public required string Id { get; init; }

        /// <summary>The whole task run; null if it was deleted.</summary>
        public required TaskRun? Run { get; init; }
    }

    /// <summary>The kinds of changes.</summary>
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

    /// <summary>The message <c>bookmark</c>, and also <c>reset</c>: the version that the reader has reached, and its age.</summary>
    public sealed record Bookmark
    {
        /// <summary>The time since which no new task run and no change of a status is missing.</summary>
        public required DateTimeOffset AsOf { get; init; }

        /// <summary>The number of task runs.</summary>
        public required int Total { get; init; }

        /// <summary>True: a version that can be bookmarked is complete.</summary>
        public required bool Complete { get; init; }
    }

    /// <summary>The message <c>progress</c>, while the list is not complete yet.</summary>
    public sealed record Progress
    {
        /// <summary>The number of task runs that are known.</summary>
        public required int Runs { get; init; }

        /// <summary>The number of task runs of the list; null while it is not known.</summary>
        public required long? ExpectedTotal { get; init; }
    }

    /// <summary>The message <c>end</c>, before the gateway ends the stream as planned.</summary>
    public sealed record StreamEnd
    {
        /// <summary>The reason of the end.</summary>
        public required EndReason Reason { get; init; }
    }
}

/// <summary>The reasons for which the gateway ends a stream.</summary>
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

    /// <summary>The account no longer has the permission to read task runs.</summary>
    [JsonStringEnumMemberName("permission")]
    Permission,
}
