using System.Text;
using CsCheck;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>Random lists and queries, of few values, so that they meet.</summary>
internal static class QueryGenerators
{
    private static readonly DateTimeOffset Start = new(2026, 11, 28, 14, 59, 0, TimeSpan.Zero); // a minute before midnight in Seoul

    private static readonly Gen<string?> Text = Of<string?>(
        null, "봄 세일", "봄 세일".Normalize(NormalizationForm.FormD), "SPRING Sale", "spring sale", "Spring", "😀 two", "ﾊ two", "Ä", "A\u0308b",
        "ß", "İstanbul", "a", "B", "50% off", "x/y", "<b>&amp;</b>", "\u00a0");

    private static readonly Gen<string> Id = Of("a/b ", "50%", "%2F", "run 1-", "실행", "𝒳", "ﾊ", "A", "a", "+", "?", "'\"");

    private static readonly Gen<string?> Reference = Of<string?>(null, "t1", "T1", "t 2", "&t=3", "테스트");

    private static readonly Gen<Listed<string>> Status = Of<Listed<string>>(
        new("registered", "registered"), new("PENDING", "pending"), new(" in_progress ", "in_progress"), new("complete", "completed"),
        new("completed", "completed"), new("COMPLETED", "completed"), new("failed", "failed"), new("cancelled", "unknown"),
        new(null, "unknown"));

    private static readonly Gen<Listed<string>> Model = Of<Listed<string>>(
        new("NFM2", "nfm2"), new("NFM02", "nfm2"), new("nfm2", "nfm2"), new("NFM20", "nfm20"), new("NFM1", "nfm1"), new("모델", "모델"),
        new(null, null));

    private static readonly Gen<Listed<string>> ModelStatus = Of<Listed<string>>(
        new("active", "active"), new("Deprecated", "deprecated"), new("old", "unknown"), new(null, null));

    private static readonly Gen<Listed<string>> Failure = Of<Listed<string>>(
        new("OBS_UPLOAD_FAILED", "OBS_UPLOAD_FAILED"), new("NOT EXIST FILE", "NOT_EXIST_FILE"),
        new("disk *space* shortage", "DISK_SPACE_SHORTAGE"),
        new("something else", null), new(null, null), new(null, null));

    private static readonly Gen<Listed<DateTimeOffset?>> Time = Gen.OneOf(
        Of<Listed<DateTimeOffset?>>(new(null, null), new("soon", null)),
        Seconds.Select(ListedRun.At),
        Seconds.Select(ListedRun.At),
        Seconds.Select(time => new Listed<DateTimeOffset?>($"{time.UtcDateTime:yyyy-MM-ddTHH:mm:ss}.9Z", time)),
        Seconds.Select(time => new Listed<DateTimeOffset?>($"{time.ToOffset(TimeSpan.FromHours(-5)):yyyy-MM-dd HH:mm:ss}-0500", time)));

    private static readonly Gen<ListedRun> Run = Gen.Select(
        Gen.Select(Id, Text, Status, Reference),
        Gen.Select(Text, Reference, Text, Model),
        Gen.Select(ModelStatus, Failure, Time, Time),
        (one, two, three) => new ListedRun(one.Item1)
        {
            Name = one.Item2,
            Status = one.Item3,
            TaskId = one.Item4,
            TaskName = two.Item1,
            FeatureId = two.Item2,
            FeatureName = two.Item3,
            Model = two.Item4,
            ModelStatus = three.Item1 with
            {
                // A model without a status has an unknown one.
                Meant = two.Item4.Sent is not null && three.Item1.Sent is null ? "unknown" : three.Item1.Meant,
            },
            Failure = three.Item2,
            CreatedAt = three.Item3,
            CompletedAt = three.Item4,
        });

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(n => values[n]);

    private static Gen<DateTimeOffset> Seconds => Gen.Int[0, 20].Select(tens => Start.AddSeconds(10 * tens));

    /// <summary>Lists of at most so many runs.</summary>
    public static Gen<ListedRun[]> Lists(int least, int most) => Run.Array[least, most].Select(
        runs => runs.Select((run, n) => run with { Id = $"{run.Id}{n}" }).ToArray());

    /// <summary>Queries of at most four conditions.</summary>
    public static Gen<Question> Questions { get; } = Gen.Select(
        Gen.OneOf(
            Any("status", ["registered", "pending", "in_progress", "completed", "failed", "unknown"], run => run.Status.Meant),
            Any("taskId", ["t1", "T1", "t 2", "&t=3", "none"], run => run.TaskId),
            Any("featureId", ["t1", "테스트", "none"], run => run.FeatureId),
            Any("model", ["NFM2", "nfm02", "Nfm2", "NFM20", "NFM01", "모델"], run => run.Model.Meant, model => model.ToLowerInvariant() switch
            {
                "nfm02" => "nfm2",
                "nfm01" => "nfm1",
                var other => other,
            }),
            Any("modelStatus", ["active", "deprecated", "unknown"], run => run.ModelStatus.Meant),
            Any("failureCode", ["OBS_UPLOAD_FAILED", "NOT_EXIST_FILE", "DISK_SPACE_SHORTAGE", "COMMON_ERROR"], run => run.Failure.Meant),
            Since("createdAfter", run => run.CreatedAt.Meant),
            Before("createdBefore", run => run.CreatedAt.Meant),
            Since("completedAfter", run => run.CompletedAt.Meant),
            Before("completedBefore", run => run.CompletedAt.Meant),
            Search).Array[0, 3],
        Of<string?>(
            "createdAt", "-createdAt", "completedAt", "-completedAt", "durationSeconds", "-durationSeconds", "name", "-name", null),
        (conditions, sort) => new Question(
            [.. conditions.DistinctBy(condition => condition.Name)], conditions.Length > 0 ? sort : sort ?? "name"));

    /// <summary>A time: with an offset, whose plus sign may have become a blank, or a date, which is midnight in Seoul.</summary>
    private static Gen<(string Text, DateTimeOffset Time)> Bound => Gen.OneOf(
        Seconds.Select(time => (Uri.EscapeDataString($"{time:yyyy-MM-ddTHH:mm:ss}Z"), time)),
        Seconds.Select(time => ($"{time.ToOffset(TimeSpan.FromHours(9)):yyyy-MM-ddTHH:mm:ss}.000+09:00", time)), // read as a blank
        Seconds.Select(time => ($"{time.ToOffset(TimeSpan.FromHours(9)):yyyy-MM-ddTHH:mm:ss}%2B09:00", time)),
        Of(("2026-11-29", Start.AddMinutes(1))));

    private static Gen<Condition> Search => Of(
        "봄", "세일 봄", "봄".Normalize(NormalizationForm.FormD), "보", "sale", "SPRING", "sale spring", "two 😀", "ﾊ",
        "ä", "A\u0308", "ß", "ss", "i", "obs",
        "NOT_EXIST", "%", "50%", "/", "실행", "a", "  b  ", "\u00a0x", "zzz", "<b>&").Select(text => new Condition(
        "q",
        $"q={Uri.EscapeDataString(text)}",
        run => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).All(word => new[]
        {
            run.Id, run.Name, run.TaskName, run.FeatureName, run.Failure.Meant,
        }.OfType<string>().Any(value => Question.Fold(value).Contains(Question.Fold(word), StringComparison.Ordinal)))));

    private static Gen<Condition> Any(string name, string[] values, Func<ListedRun, string?> read, Func<string, string>? meaning = null) =>
        Of(values).Array[1, 3].Select(chosen => new Condition(
            name,
            string.Join('&', chosen.Select(value => $"{name}={Uri.EscapeDataString(value)}")),
            run => read(run) is { } value && chosen.Select(meaning ?? (one => one)).Contains(value)));

    private static Gen<Condition> Since(string name, Func<ListedRun, DateTimeOffset?> read) =>
        Bound.Select(bound => new Condition(name, $"{name}={bound.Text}", run => read(run) >= bound.Time));

    private static Gen<Condition> Before(string name, Func<ListedRun, DateTimeOffset?> read) =>
        Bound.Select(bound => new Condition(name, $"{name}={bound.Text}", run => read(run) < bound.Time));
}
