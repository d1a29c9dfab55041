using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace NclueGateway.TaskRuns;

/// <summary>
/// What callers see, as types: for the API's description only. Answers are sliced from bytes that <see cref="TaskRunWriter"/> wrote, and
/// nothing serialises these types when a request is answered; a test compares the two. Every property is always present.
/// </summary>
internal static class TaskRunContract
{
    private static readonly TaskRun Completed = new()
    {
        Id = "ef667a87-0000-4000-8000-88fb69a9aff7",
        Name = "November buyers",
        Status = TaskRunStatus.Completed,
        Task = new() { Id = "0b0cbd0e-0000-4000-8000-5c1d6f0f4a11", Name = "Likely to buy" },
        Feature = new() { Id = "7a1e0b1c-0000-4000-8000-0d8e1c2b3a44", Name = "Visits of October", LineCount = 93_734 },
        Model = new() { Name = "NFM2", Status = ModelStatus.Active },
        CreatedAt = new(2024, 11, 22, 8, 54, 46, TimeSpan.FromHours(9)),
        CompletedAt = new(2024, 11, 22, 8, 55, 22, TimeSpan.FromHours(9)),
        DurationSeconds = 36,
        Result = new() { Bucket = "nclue-results", Path = "november/buyers_k3f9_2024112208.tsv" },
        Failure = null,
    };

    private static readonly TaskRun Running = Completed with
    {
        Id = "2f9c1d55-0000-4000-8000-1b7d9e3c5f20",
        Name = "December buyers",
        Status = TaskRunStatus.InProgress,
        Model = null,
        CreatedAt = new(2024, 12, 20, 9, 30, 0, TimeSpan.FromHours(9)),
        CompletedAt = null,
        DurationSeconds = null,
        Result = null,
    };

    private static readonly TaskRun Failed = Running with
    {
        Id = "91d4be07-0000-4000-8000-6e2a8c4d0b9f",
        Name = "December buyers, first try",
        Status = TaskRunStatus.Failed,
        Failure = new()
        {
            Code = "OBS_UPLOAD_FAILED",
            Message = "OBS_UPLOAD_FAILED",
            Help = new("https://guide.ncloud-docs.com/docs/nclue-troubleshoot-message"),
            Retryable = true,
        },
    };

    /// <summary>Whole answers, for the API's description.</summary>
    public static IReadOnlyList<(string Name, string Summary, TaskRunPage Page)> Examples { get; } =
    [
        ("runs", "A completed, a running and a failed run", new() { Index = 0, Limit = 20, Total = 3, Runs = [Completed, Running, Failed] }),
        ("end", "A page past the end of the list", new() { Index = 100, Limit = 20, Total = 3, Runs = [] }),
    ];

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
