using System.IO.Hashing;
using System.Text;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// The runs of an imaginary company, for people who look at them: about 500 in 30 days, most of them in the working hours
/// of Korea, with the failures of a usual month and of one bad day. The same start gives the same runs.
/// </summary>
/// <remarks>
/// Longer lists reach further into the past. The newest runs have not ended: while one watches, they go through their
/// states.
/// </remarks>
internal sealed class DemoRuns(DateTimeOffset start)
{
    /// <summary>Interval between new runs. The newest runs at the start are as far apart.</summary>
    public static readonly TimeSpan NewRunEvery = TimeSpan.FromSeconds(15);

    /// <summary>Row in which a run is deleted: behind the first page of the console, where all new runs have ended.</summary>
    public const int DeletedRow = 60;

    private const int RunsOfAMonth = 500;

    private const int Newest = 12;

    private static readonly TimeSpan KoreanOffset = TimeSpan.FromHours(9);

    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    private static readonly TimeSpan Step = TimeSpan.FromMinutes(15);

    /// <summary>Age at the start of a run that takes unusually long.</summary>
    private static readonly TimeSpan AgeOfTheSlowOne = TimeSpan.FromMinutes(38);

    /// <summary>Maximum time from the creation to the end, but for the slow run.</summary>
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(9);

    /// <summary>Runs of a working day by the hour of their creation, about in percent.</summary>
    private static readonly int[] Hours = [1, 1, 0, 0, 0, 1, 2, 7, 5, 9, 11, 9, 4, 8, 10, 9, 7, 6, 4, 2, 1, 1, 1, 1];

    private static readonly DemoTask[] Tasks =
    [
        new("30일 내 재구매 예측", "재구매", 0, "NFM2", Share: 22, Seconds: 70),
        new("Churn within 30 days", "Churn", 1, "NFM02", Share: 18, Seconds: 150),
        new("장바구니 이탈 예측", "장바구니 이탈", 2, "NFM2", Share: 15, Seconds: 45),
        new("Coupon response", "Coupon response", 3, "NFM02", Share: 13, Seconds: 30),
        new("신규 회원 재방문 예측", "재방문", 2, "NFM02", Share: 11, Seconds: 55),
        new("Premium upgrade", "Premium upgrade", 4, "NFM1", Share: 9, Seconds: 110),
        new("휴면 고객 복귀 예측", "휴면 복귀", 5, "NFM01", Share: 7, Seconds: 210),
        new("VIP 등급 전환 예측", "VIP 전환", 0, "NFM2", Share: 5, Seconds: 90),
    ];

    private static readonly (string Name, int Lines)[] Features =
    [
        ("최근 30일 쇼핑 로그", 93_734), ("Search log, last quarter", 1_204_518), ("앱 방문 기록", 412_007),
        ("Newsletter clicks", 58_120), ("Purchases, 12 months", 730_442), ("휴면 회원 이력", 266_915),
    ];

    private static readonly (string Korean, string English)[] Audiences =
    [
        ("전체 회원", "all members"), ("20대 여성", "women 20–29"), ("30대 남성", "men 30–39"), ("수도권", "greater Seoul"),
        ("앱 이용자", "app users"), ("신규 가입자", "new members"), ("부산·경남", "Busan and Gyeongnam"), ("VIP 등급", "VIP tier"),
    ];

    private static readonly (string Message, int Share)[] Failures =
    [
        ("OBS_UPLOAD_FAILED", 30), ("NOT_EXIST_FILE", 22), ("COMMON_ERROR", 16), ("OBS_DOWNLOAD_FAILED", 14), ("DISK_SPACE_SHORTAGE", 9),
        ("UNEXPECTED_TXT_FORMAT", 5), ("Scoring stopped after 3 attempts", 4), // a message that the guide does not list
    ];

    private readonly DateOnly _badDay = LastWorkingDay(start.ToOffset(KoreanOffset).AddDays(-9));

    /// <summary>Returns the runs at the start, the newest first.</summary>
    public IEnumerable<SimulatedRun> Initial(int count)
    {
        var newest = Math.Min(count, Newest);
        var older = Older(start - AgeOfTheSlowOne, Math.Max(0, count - newest - 1));
        for (var row = 0; row < count; row++)
        {
            var number = count - 1 - row;
            yield return row < newest ? Of(number, start - TimeSpan.FromSeconds(3) - (row * NewRunEvery))
                : row == newest ? Slow(number)
                : Of(number, older[number]);
        }
    }

    /// <summary>Returns the run with a number.</summary>
    public SimulatedRun Of(int number, DateTimeOffset created)
    {
        var task = Pick(number, "task", Tasks, task => task.Share);
        var feature = Chance(number, "feature") < 0.8 ? task.Feature : (int)(Chance(number, "other feature") * Features.Length);
        var audience = Audiences[(int)(Chance(number, "audience") * Audiences.Length)];
        var failure = FailureOf(number, created);
        var pendingAfter = TimeSpan.FromSeconds(8 + (12 * Chance(number, "registered")));
        var startedAfter = pendingAfter + TimeSpan.FromSeconds(10 + (30 * Chance(number, "pending")));
        var duration = TimeSpan.FromSeconds(task.Seconds * Spread(number) * (failure is null ? 1 : 0.4));
        return new(number, created, Frozen: false, Own: new()
        {
            Name = $"{task.Short}, {(Ascii.IsValid(task.Name) ? audience.English : audience.Korean)} #{number:0000}",
            Task = Array.IndexOf(Tasks, task),
            TaskName = task.Name,
            Feature = feature,
            FeatureName = Features[feature].Name,
            LineCount = Features[feature].Lines,
            Model = Chance(number, "model") < 0.08 ? null : task.Model,
            IsModelDeprecated = task.Model.EndsWith('1'),
            FailMessage = failure,
            PendingAfter = pendingAfter,
            StartedAfter = startedAfter,
            EndedAfter = startedAfter + duration < LongestRun ? startedAfter + duration : LongestRun,
        });
    }

    private SimulatedRun Slow(int number)
    {
        var run = Of(number, start - AgeOfTheSlowOne);
        return run with { Own = run.Own! with { FailMessage = null, EndedAfter = AgeOfTheSlowOne + TimeSpan.FromMinutes(6) } };
    }

    /// <summary>Returns creation times before <paramref name="end"/> in their order, close together where much is going on.</summary>
    private static List<DateTimeOffset> Older(DateTimeOffset end, int count)
    {
        var steps = (int)(Month / Step * Math.Max(count, 20) / RunsOfAMonth);
        var begin = end - (steps * Step);
        var activity = Enumerable.Range(0, steps).Select(step => Activity(begin + (step * Step))).ToArray();
        var (perRun, before, times) = (activity.Sum() / count, 0.0, new List<DateTimeOffset>(count));
        for (var step = 0; step < steps; step++)
        {
            // Each run has its own share of the activity, and is created at a random point of it.
            while (times.Count < count && (times.Count + Chance(times.Count, "time")) * perRun is var at && at < before + activity[step])
            {
                times.Add(begin + (step * Step) + ((at - before) / activity[step] * Step));
            }

            before += activity[step];
        }

        while (times.Count < count)
        {
            times.Add(end); // only by rounding
        }

        return times;
    }

    private static double Activity(DateTimeOffset time)
    {
        var korean = time.ToOffset(KoreanOffset);
        return (0.3 + Hours[korean.Hour]) * korean.DayOfWeek switch
        {
            DayOfWeek.Saturday => 0.25,
            DayOfWeek.Sunday => 0.15,
            DayOfWeek.Monday => 1.15,
            _ => 1,
        };
    }

    /// <summary>Returns the message with which a run fails, or null. On the bad day, the key had lost access to the bucket.</summary>
    private string? FailureOf(int number, DateTimeOffset created)
    {
        var chance = Chance(number, "failure");
        return chance < 0.08 ? Pick(number, "message", Failures, failure => failure.Share).Message
            : chance < 0.55 && DateOnly.FromDateTime(created.ToOffset(KoreanOffset).DateTime) == _badDay ? "OBS_USER_FILE_ACCESS_ERROR"
            : null;
    }

    private static DateOnly LastWorkingDay(DateTimeOffset day) =>
        DateOnly.FromDateTime(day.AddDays(day.DayOfWeek switch { DayOfWeek.Saturday => -1, DayOfWeek.Sunday => -2, _ => 0 }).DateTime);

    /// <summary>Returns a factor of about 0.5 to 2; some runs take up to four times as long.</summary>
    private static double Spread(int number) =>
        Math.Exp(1.4 * (Chance(number, "a") + Chance(number, "b") + Chance(number, "c") - 1.5)) * (Chance(number, "slow") < 0.04 ? 2 : 1);

    private static T Pick<T>(int number, string what, T[] choices, Func<T, int> share)
    {
        var left = Chance(number, what) * choices.Sum(share);
        return choices.First(choice => (left -= share(choice)) < 0);
    }

    /// <summary>Returns a number from 0 (inclusive) to 1 (exclusive), always the same for a run and a purpose.</summary>
    private static double Chance(int number, string what) =>
        (XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{what} {number}")) >> 11) * Math.Pow(2, -53);

    /// <param name="Name">Name of the task.</param>
    /// <param name="Short">First part of the names of its runs.</param>
    /// <param name="Feature">Number of the feature that most runs use.</param>
    /// <param name="Model">Model in one of its spellings.</param>
    /// <param name="Share">Share of all runs, in percent.</param>
    /// <param name="Seconds">Usual duration.</param>
    private sealed record DemoTask(string Name, string Short, int Feature, string Model, int Share, int Seconds);
}
