namespace NclueGateway.Sandbox.Nclue;

/// <summary>The properties of a run that do not change while it runs; null where NCLUE sends none.</summary>
internal sealed record RunContent
{
    private static readonly string[] Tasks =
        ["봄 세일 구매 예측", "Churn within 30 days", "신규 회원 재방문 예측", "Coupon response", "장바구니 이탈 예측", "Premium upgrade"];

    private static readonly (string Name, int Lines)[] Features =
        [("최근 30일 쇼핑 로그", 93_734), ("Search log, last quarter", 1_204_518), ("앱 방문 기록", 412_007), ("Newsletter clicks", 58_120)];

    private static readonly string[] FailMessages =
        ["OBS_UPLOAD_FAILED", "COMMON_ERROR", "DISK_SPACE_SHORTAGE", "OBS_USER_FILE_ACCESS_ERROR", "NOT_EXIST_FILE", "OBS_DOWNLOAD_FAILED"];

    public required string Name { get; init; }

    /// <summary>Number of the task, for its id.</summary>
    public required int Task { get; init; }

    public required string? TaskName { get; init; }

    /// <summary>Number of the feature, for its id.</summary>
    public required int Feature { get; init; }

    public required string? FeatureName { get; init; }

    /// <summary>Number of lines of the feature.</summary>
    public required int? LineCount { get; init; }

    public required string? Model { get; init; }

    public required bool IsModelDeprecated { get; init; }

    /// <summary>The message with which the run fails; null if it succeeds.</summary>
    public required string? FailMessage { get; init; }

    /// <summary>Time from the creation to the state <c>pending</c>.</summary>
    public required TimeSpan PendingAfter { get; init; }

    /// <summary>Time from the creation to the state <c>in_progress</c>.</summary>
    public required TimeSpan StartedAfter { get; init; }

    /// <summary>Time from the creation to the end.</summary>
    public required TimeSpan EndedAfter { get; init; }

    /// <summary>Returns the content that depends on the number alone: every variation appears within a few runs.</summary>
    public static RunContent Of(int number)
    {
        var task = number % Tasks.Length;
        var feature = number / 2 % Features.Length;
        var pendingAfter = 8 + (number % 5);
        var startedAfter = pendingAfter + 10 + (number % 7);
        return new()
        {
            Name = $"{SimulatedRun.NamePrefix}{number:000000} {Tasks[task]}",
            Task = task,
            TaskName = number % 11 == 5 ? null : Tasks[task],
            Feature = feature,
            FeatureName = number % 13 == 6 ? null : Features[feature].Name,
            LineCount = number % 17 == 8 ? null : Features[feature].Lines,
            Model = number % 5 == 4 ? null : number % 2 == 0 ? "NFM2" : "NFM02",
            IsModelDeprecated = number % 19 == 9,
            FailMessage = number % 7 == 3 ? FailMessages[number / 7 % FailMessages.Length] : null,
            PendingAfter = TimeSpan.FromSeconds(pendingAfter),
            StartedAfter = TimeSpan.FromSeconds(startedAfter),
            EndedAfter = TimeSpan.FromSeconds(startedAfter + 30 + (number * 37 % 60)),
        };
    }
}
