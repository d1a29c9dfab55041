using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Normalizing;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// The bodies of responses as types, for the API's description only: responses are sliced from bytes that <see cref="TaskRunWriter"/> wrote, and a
/// test compares the two. Every property is always present.
/// </summary>
internal static class TaskRunDtos
{
    /// <summary>A page of the list of task runs, in NCLUE's own order.</summary>
    public sealed record TaskRunPage
    {
        /// <summary>The row the page starts at, counted from 0, as asked for.</summary>
        [Range(0, PageRequest.MaxIndex)]
        public required int Index { get; init; }

        /// <summary>
        /// How many rows were asked for. The page may hold fewer before the end of the list; the end is the absence of a next link.
        /// </summary>
        [Range(1, PageRequest.MaxLimit)]
        public required int Limit { get; init; }

        /// <summary>How many task runs there are; null while that is not proved.</summary>
        public required long? Total { get; init; }

        /// <summary>The task runs of this page.</summary>
        [MaxLength(PageRequest.MaxLimit)]
        public required IReadOnlyList<TaskRun> Runs { get; init; }
    }

    /// <summary>One task run: one feature put through one trained task.</summary>
    public sealed record TaskRun
    {
        /// <summary>The run's id.</summary>
        public required string Id { get; init; }

        /// <summary>The run's name.</summary>
        public required string? Name { get; init; }

        /// <summary>How far the run has come; unknown stands for any state that NCLUE may add.</summary>
        public required TaskRunStatus Status { get; init; }

        /// <summary>The task that was run.</summary>
        public required TaskRunReference Task { get; init; }

        /// <summary>The feature it was run on.</summary>
        public required TaskRunFeature Feature { get; init; }

        /// <summary>The NCLUE model behind the task; null where NCLUE does not tell.</summary>
        public required TaskRunModel? Model { get; init; }

        /// <summary>When the run was created, in the gateway's time zone, to the second, so that text sorts as time; null where NCLUE's own cannot be read.</summary>
        public required DateTimeOffset? CreatedAt { get; init; }

        /// <summary>When the run ended; null before.</summary>
        public required DateTimeOffset? CompletedAt { get; init; }

        /// <summary>Seconds from creation to completion; null until completed.</summary>
        public required long? DurationSeconds { get; init; }

        /// <summary>Where the result lies; null unless the run is completed.</summary>
        public required TaskRunResult? Result { get; init; }

        /// <summary>Why the run failed; null unless NCLUE gives a reason.</summary>
        public required TaskRunFailure? Failure { get; init; }
    }

    /// <summary>A task, by id and name.</summary>
    public sealed record TaskRunReference
    {
        /// <summary>The task's id.</summary>
        public required string? Id { get; init; }

        /// <summary>The task's name.</summary>
        public required string? Name { get; init; }
    }

    /// <summary>A feature, by id and name.</summary>
    public sealed record TaskRunFeature
    {
        /// <summary>The feature's id.</summary>
        public required string? Id { get; init; }

        /// <summary>The feature's name.</summary>
        public required string? Name { get; init; }

        /// <summary>Lines of the feature, not of the result.</summary>
        public required long? LineCount { get; init; }
    }

    /// <summary>A version of NCLUE's foundation model.</summary>
    public sealed record TaskRunModel
    {
        /// <summary>The model's name as NCLUE sends it; one model has been seen under two spellings (NFM2, NFM02).</summary>
        public required string? Name { get; init; }

        /// <summary>Whether the model is still supported; unknown stands for any state that NCLUE may add.</summary>
        public required ModelStatus Status { get; init; }
    }

    /// <summary>Where a result lies in NAVER Cloud Object Storage.</summary>
    public sealed record TaskRunResult
    {
        /// <summary>The bucket.</summary>
        public required string? Bucket { get; init; }

        /// <summary>The path in the bucket, as NCLUE sends it.</summary>
        public required string? Path { get; init; }
    }

    /// <summary>Why a run failed.</summary>
    public sealed record TaskRunFailure
    {
        /// <summary>The documented code; null for a message that NCLUE's guide does not list.</summary>
        public required string? Code { get; init; }

        /// <summary>NCLUE's own message.</summary>
        public required string Message { get; init; }

        /// <summary>The page of NCLUE's guide that explains the failure, or the guide's overview of failures.</summary>
        public required Uri Help { get; init; }

        /// <summary>Whether creating the same run again may succeed; null for a message that NCLUE's guide does not list.</summary>
        public required bool? Retryable { get; init; }
    }

    /// <summary>How far a run has come.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<TaskRunStatus>))]
    public enum TaskRunStatus
    {
        [JsonStringEnumMemberName("registered")]
        Registered,

        [JsonStringEnumMemberName("pending")]
        Pending,

        [JsonStringEnumMemberName("in_progress")]
        InProgress,

        [JsonStringEnumMemberName("completed")]
        Completed,

        [JsonStringEnumMemberName("failed")]
        Failed,

        [JsonStringEnumMemberName("unknown")]
        Unknown,
    }

    /// <summary>Whether a model is still supported.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<ModelStatus>))]
    public enum ModelStatus
    {
        [JsonStringEnumMemberName("active")]
        Active,

        [JsonStringEnumMemberName("deprecated")]
        Deprecated,

        [JsonStringEnumMemberName("unknown")]
        Unknown,
    }
}
