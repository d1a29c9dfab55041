using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>The types of the response with counts.</summary>
internal static class SummaryDtos
{
    /// <summary>Counts of task runs.</summary>
    public sealed record TaskRunSummary
    {
        /// <summary>The number of task runs that match the query.</summary>
        public required int Total { get; init; }

        /// <summary>False only with `partial=true`, while the list is not complete yet.</summary>
        public required bool Complete { get; init; }

        /// <summary>The number of task runs by status.</summary>
        public required StatusCounts ByStatus { get; init; }

        /// <summary>The tasks with the most task runs.</summary>
        [MaxLength(RunSummary.MaxEntries)]
        public required IReadOnlyList<ReferenceCount> ByTask { get; init; }

        /// <summary>The tasks that the list does not contain.</summary>
        public required OmittedCount ByTaskOmitted { get; init; }

        /// <summary>The features with the most task runs.</summary>
        [MaxLength(RunSummary.MaxEntries)]
        public required IReadOnlyList<ReferenceCount> ByFeature { get; init; }

        /// <summary>The features that the list does not contain.</summary>
        public required OmittedCount ByFeatureOmitted { get; init; }

        /// <summary>The models with the most task runs; runs without a model are not counted.</summary>
        [MaxLength(RunSummary.MaxEntries)]
        public required IReadOnlyList<ModelCount> ByModel { get; init; }

        /// <summary>The models that the list does not contain.</summary>
        public required OmittedCount ByModelOmitted { get; init; }

        /// <summary>The failure codes with the most task runs; runs without a documented code are not counted.</summary>
        [MaxLength(RunSummary.MaxEntries)]
        public required IReadOnlyList<FailureCount> ByFailureCode { get; init; }

        /// <summary>The failure codes that the list does not contain.</summary>
        public required OmittedCount ByFailureCodeOmitted { get; init; }

        /// <summary>The unfinished task run that was created first; null if there is none.</summary>
        public required OldestRun? OldestUnfinished { get; init; }

        /// <summary>The durations of completed task runs; null if there is none.</summary>
        public required DurationSummary? DurationSeconds { get; init; }

        /// <summary>Only with `per`: the counts by time of creation, from the first to the last task run, without a break.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        [MaxLength(SummaryBuckets.Max)]
        public IReadOnlyList<CreatedCount>? Created { get; init; }
    }

    /// <summary>The number of task runs by status.</summary>
    public sealed record StatusCounts
    {
        [JsonPropertyName("registered")]
        public required int Registered { get; init; }

        [JsonPropertyName("pending")]
        public required int Pending { get; init; }

        [JsonPropertyName("in_progress")]
        public required int InProgress { get; init; }

        [JsonPropertyName("completed")]
        public required int Completed { get; init; }

        [JsonPropertyName("failed")]
        public required int Failed { get; init; }

        [JsonPropertyName("unknown")]
        public required int Unknown { get; init; }

        public static StatusCounts Of(IReadOnlyDictionary<TaskRunStatus, int> counts) => new()
        {
            Registered = counts.GetValueOrDefault(TaskRunStatus.Registered),
            Pending = counts.GetValueOrDefault(TaskRunStatus.Pending),
            InProgress = counts.GetValueOrDefault(TaskRunStatus.InProgress),
            Completed = counts.GetValueOrDefault(TaskRunStatus.Completed),
            Failed = counts.GetValueOrDefault(TaskRunStatus.Failed),
            Unknown = counts.GetValueOrDefault(TaskRunStatus.Unknown),
        };
    }

    /// <summary>The number of task runs of one task or feature.</summary>
    public sealed record ReferenceCount
    {
        /// <summary>The id; null for task runs without one.</summary>
        public required string? Id { get; init; }

        /// <summary>The name, of its newest task run.</summary>
        public required string? Name { get; init; }

        /// <summary>The number of task runs.</summary>
        public required int Total { get; init; }

        /// <summary>The number of failed ones among them.</summary>
        public required int Failed { get; init; }
    }

    /// <summary>The number of task runs of one model.</summary>
    public sealed record ModelCount
    {
        /// <summary>The name; spellings of one model are counted together (NFM2 for NFM02).</summary>
        public required string Name { get; init; }

        /// <summary>The number of task runs.</summary>
        public required int Total { get; init; }

        /// <summary>The number of failed ones among them.</summary>
        public required int Failed { get; init; }
    }

    /// <summary>The number of task runs with one failure code.</summary>
    public sealed record FailureCount
    {
        /// <summary>The documented code.</summary>
        public required string Code { get; init; }

        /// <summary>The number of task runs.</summary>
        public required int Total { get; init; }

        /// <summary>The number of those among them whose status is failed.</summary>
        public required int Failed { get; init; }
    }

    /// <summary>What a list does not contain, because it has only the 100 largest entries.</summary>
    public sealed record OmittedCount
    {
        /// <summary>The number of entries that are not in the list.</summary>
        public required int Entries { get; init; }

        /// <summary>The number of their task runs.</summary>
        public required int Runs { get; init; }

        /// <summary>The number of failed ones among them.</summary>
        public required int Failed { get; init; }
    }

    /// <summary>The unfinished task run that was created first.</summary>
    public sealed record OldestRun
    {
        /// <summary>The run's id.</summary>
        public required string Id { get; init; }

        /// <summary>The time at which it was created.</summary>
        public required DateTimeOffset? CreatedAt { get; init; }
    }

    /// <summary>Durations of completed task runs, in seconds.</summary>
    public sealed record DurationSummary
    {
        /// <summary>The median: half of the durations are not longer.</summary>
        public required long P50 { get; init; }

        /// <summary>The 95th percentile (nearest rank): 95 % of the durations are not longer.</summary>
        public required long P95 { get; init; }

        /// <summary>The longest duration.</summary>
        public required long Max { get; init; }
    }

    /// <summary>The number of task runs that were created within one hour or day.</summary>
    public sealed record CreatedCount
    {
        /// <summary>The begin of the hour or day, in the gateway's time zone.</summary>
        public required DateTimeOffset From { get; init; }

        /// <summary>The number of completed task runs.</summary>
        public required int Completed { get; init; }

        /// <summary>The number of failed task runs.</summary>
        public required int Failed { get; init; }

        /// <summary>The number of all others.</summary>
        public required int Other { get; init; }
    }
}
