using static NclueGateway.TaskRuns.Queries.SummaryDtos;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>An example of counts, for the OpenAPI description.</summary>
internal static class SummaryExample
{
    private static readonly OmittedCount None = new() { Entries = 0, Runs = 0, Failed = 0 };

    public static readonly TaskRunSummary Value = new()
    {
        Total = 128,
        Complete = true,
        ByStatus = new() { Registered = 1, Pending = 2, InProgress = 3, Completed = 112, Failed = 10, Unknown = 0 },
        ByTask = [new() { Id = "0b0cbd0e-0000-4000-8000-5c1d6f0f4a11", Name = "Likely to buy", Total = 128, Failed = 10 }],
        ByTaskOmitted = None,
        ByFeature = [new() { Id = "7a1e0b1c-0000-4000-8000-0d8e1c2b3a44", Name = "Visits of October", Total = 128, Failed = 10 }],
        ByFeatureOmitted = None,
        ByModel = [new() { Name = "NFM2", Total = 128, Failed = 10 }],
        ByModelOmitted = None,
        ByFailureCode = [new() { Code = "OBS_UPLOAD_FAILED", Total = 8, Failed = 8 }],
        ByFailureCodeOmitted = None,
        OldestUnfinished = new()
        {
            Id = "2f9c1d55-0000-4000-8000-1b7d9e3c5f20",
            CreatedAt = new(2024, 12, 20, 9, 30, 0, TimeSpan.FromHours(9)),
        },
        DurationSeconds = new() { P50 = 36, P95 = 240, Max = 610 },
        Created =
        [
            new() { From = new(2024, 12, 19, 0, 0, 0, TimeSpan.FromHours(9)), Completed = 60, Failed = 4, Other = 0 },
            new() { From = new(2024, 12, 20, 0, 0, 0, TimeSpan.FromHours(9)), Completed = 52, Failed = 6, Other = 6 },
        ],
    };
}
