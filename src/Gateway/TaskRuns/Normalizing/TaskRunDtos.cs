using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// The types of response bodies. <see cref="TaskRunWriter"/> writes a run once, when it is received; responses are
/// slices of those bytes. <see cref="TaskRunPage"/> is for the OpenAPI description only. Every property is always
/// present.
/// </summary>
internal static class TaskRunDtos
{
    /// <summary>A page of the list of task runs, in NCLUE's own order; of a query, a page of its result.</summary>
    public sealed record TaskRunPage
    {
        /// <summary>The first row of the page, counted from 0, as requested.</summary>
        [Range(0, PageRequest.MaxIndex)]
        public required int Index { get; init; }

        /// <summary>
        /// The number of rows requested. A page before the end of the list may contain fewer; the last page has no next
        /// link.
        /// </summary>
        [Range(1, PageRequest.MaxLimit)]
        public required int Limit { get; init; }

        /// <summary>
        /// The number of task runs in the list; null while it is not known. Of a query, the exact number of task runs that match.
        /// </summary>
        public required long? Total { get; init; }

        /// <summary>Only of a query: false only with `partial=true`, while the list is not complete yet.</summary>
        // Responses are not written from this type: of a query they always have it.
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public bool Complete { get; init; }

        /// <summary>The task runs of this page.</summary>
        [MaxLength(PageRequest.MaxLimit)]
        public required IReadOnlyList<TaskRun> Runs { get; init; }
    }

    /// <summary>One task run: a trained task applied to a feature.</summary>
    public sealed record TaskRun
    {
        /// <summary>The run's id.</summary>
        // The first property: TaskRunRows.Head requires it.
        public required string Id { get; init; }

        /// <summary>The run's name.</summary>
        public required string? Name { get; init; }

        /// <summary>The run's status; unknown stands for any status that NCLUE may add.</summary>
        public required TaskRunStatus Status { get; init; }

        /// <summary>The task that was run.</summary>
        public required TaskRunReference Task { get; init; }

        /// <summary>The feature that the task was applied to.</summary>
        public required TaskRunFeature Feature { get; init; }

        /// <summary>The NCLUE model of the task; null where NCLUE does not send one.</summary>
        public required TaskRunModel? Model { get; init; }

        /// <summary>
        /// The time at which the run was created, in whole seconds, in the gateway's time zone, so that the text sorts
        /// by time. Null where NCLUE's value cannot be read.
        /// </summary>
        public required DateTimeOffset? CreatedAt { get; init; }

        /// <summary>The time at which the run ended; null before that.</summary>
        public required DateTimeOffset? CompletedAt { get; init; }

        /// <summary>Seconds from creation to completion; null unless the run is completed.</summary>
        public required long? DurationSeconds { get; init; }

        /// <summary>The location of the result; null unless the run is completed.</summary>
        public required TaskRunResult? Result { get; init; }

        /// <summary>The reason why the run failed; null unless NCLUE gives one.</summary>
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

        /// <summary>The number of lines of the feature, not of the result.</summary>
        public required long? LineCount { get; init; }
    }

    /// <summary>A version of NCLUE's foundation model.</summary>
    public sealed record TaskRunModel
    {
        /// <summary>The model's name as NCLUE sends it. NCLUE uses two spellings for one model (NFM2, NFM02).</summary>
        public required string? Name { get; init; }

        /// <summary>The model's support status; unknown stands for any status that NCLUE may add.</summary>
        public required ModelStatus Status { get; init; }
    }

    /// <summary>The location of a result in NAVER Cloud Object Storage.</summary>
    public sealed record TaskRunResult
    {
        /// <summary>The bucket.</summary>
        public required string? Bucket { get; init; }

        /// <summary>The path in the bucket, as NCLUE sends it.</summary>
        public required string? Path { get; init; }
    }

    /// <summary>The reason why a run failed.</summary>
    public sealed record TaskRunFailure
    {
        /// <summary>The documented code; null for a message that NCLUE's guide does not list.</summary>
        public required string? Code { get; init; }

        /// <summary>NCLUE's own message.</summary>
        public required string Message { get; init; }

        /// <summary>The page of NCLUE's guide that explains the failure, or the guide's overview of failures.</summary>
        public required Uri Help { get; init; }

        /// <summary>
        /// True if creating the same run again may succeed; null for a message that NCLUE's guide does not list.
        /// </summary>
        public required bool? Retryable { get; init; }
    }

    /// <summary>The status of a run.</summary>
    [JsonConverter(typeof(SnakeCaseConverter<TaskRunStatus>))]
    public enum TaskRunStatus
    {
        Registered,
        Pending,
        InProgress,
        Completed,
        Failed,
        Unknown,
    }

    /// <summary>The support status of a model.</summary>
    [JsonConverter(typeof(SnakeCaseConverter<ModelStatus>))]
    public enum ModelStatus
    {
        Active,
        Deprecated,
        Unknown,
    }

    private sealed class SnakeCaseConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower)
        where T : struct, Enum;
}
