using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>Examples of responses, for the OpenAPI description.</summary>
internal static class TaskRunExamples
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

    /// <summary>Whole responses.</summary>
    public static IReadOnlyList<(string Name, string Summary, TaskRunPage Page)> Pages { get; } =
    [
        ("runs", "A completed, a running and a failed run", new()
        {
            Index = 0, Limit = 20, Total = 3, Runs = [Completed, Running, Failed],
        }),
        ("query", "A query's result", new()
        {
            Index = 0, Limit = 20, Total = 1, Complete = true, Runs = [Failed],
        }),
        ("end", "A page past the end of the list", new() { Index = 100, Limit = 20, Total = 3, Runs = [] }),
    ];
}
