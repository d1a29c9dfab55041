using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Console;

/// <summary>Runs of two days, of every status: one page of the board and a part of the next.</summary>
internal static class ConsoleRuns
{
    public const int Count = 60;

    /// <summary>A run whose name is an attack by HTML.</summary>
    public const int WithMarkup = 55;

    /// <summary>A run whose name hides its end by a change of direction.</summary>
    public const int WithDirection = 54;

    /// <summary>A run that failed with a documented message.</summary>
    public const int Failed = 52;

    public const string Markup = "<img src=x onerror=\"document.title = 'owned'\">";

    private static readonly (string? Message, string? Code)[] Failures =
        [("NOT EXIST FILE", "NOT_EXIST_FILE"), ("OBS_UPLOAD_FAILED", "OBS_UPLOAD_FAILED"), ("<svg onload=alert(1)>", null)];

    private static readonly string[] Tasks = ["이탈 예측", "Purchase intent", "재구매 예측"];

    /// <summary>Returns the runs, the newest first, which was created a minute ago.</summary>
    public static IEnumerable<ListedRun> Of(DateTimeOffset now) =>
        Enumerable.Range(0, Count).Reverse().Select(number => Run(number, now.AddMinutes(-1 - (40 * (Count - 1 - number)))));

    public static string IdOf(int number) => $"run-{number}";

    /// <summary>Returns a run.</summary>
    public static ListedRun Run(int number, DateTimeOffset createdAt)
    {
        var status = number switch
        {
            59 => "registered",
            58 => "pending",
            >= 56 or 41 or 40 => "in_progress",
            _ => number % 7 == 3 ? "failed" : "completed",
        };
        var (message, code) = status == "failed" ? Failures[number % Failures.Length] : default;
        return new(IdOf(number))
        {
            Name = number switch
            {
                WithMarkup => Markup,
                WithDirection => "invoice\u202Efdp.exe",
                _ => $"봄 세일 {number}",
            },
            Status = new(status, status),
            TaskId = $"task-{number % 3}",
            TaskName = Tasks[number % 3],
            FeatureId = $"feature-{number % 2}",
            FeatureName = number % 2 == 0 ? "고객 행동" : "Orders",
            Model = new("NFM2", "nfm2"),
            ModelStatus = new("active", "active"),
            Failure = new(message, code),
            CreatedAt = ListedRun.At(createdAt),
            CompletedAt = status == "completed" ? ListedRun.At(createdAt.AddMinutes(3 + (number % 5))) : default,
        };
    }

    /// <summary>Returns the run as it is after it has succeeded.</summary>
    public static ListedRun Completed(this ListedRun run) => run with
    {
        Status = new("completed", "completed"),
        CompletedAt = ListedRun.At(run.CreatedAt.Meant!.Value.AddMinutes(5)),
    };
}
