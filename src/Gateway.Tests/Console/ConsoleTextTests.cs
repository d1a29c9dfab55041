using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NclueGateway.Http;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Status;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Console;

/// <summary>The texts of pages: complete in both languages, used, and there for every word that a page can name.</summary>
public sealed partial class ConsoleTextTests
{
    private const string Console = "Console/ConsoleTexts";
    private const string Pages = "Http/Pages/PageTexts";
    private const string Failures = "Console/FailureTexts";

    private static readonly string Gateway = Path.Combine(Repository.Root, "src", "Gateway");

    public static TheoryData<string> All => [Console, Pages, Failures];

    [Theory]
    [MemberData(nameof(All))]
    public void Both_languages_have_the_same_keys_with_the_same_placeholders_and_none_is_empty(string name)
    {
        var (english, korean) = (Read(name), Read(name + ".ko"));

        korean.Keys.ShouldBe(english.Keys, ignoreOrder: true);
        english.Values.Concat(korean.Values).ShouldAllBe(text => text.Length > 0 && text == text.Trim());
        foreach (var (key, text) in english)
        {
            Placeholders(korean[key]).ShouldBe(Placeholders(text), key);
        }

        static string[] Placeholders(string text) =>
            [.. Placeholder().Matches(text).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal)];
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Korean_texts_are_Korean_and_English_ones_have_no_Hangul(string name)
    {
        string[] same = ["JSON", "Redis", "NCLUE", "Task", "Feature", "Swagger UI", "Run ID", "Task Run", "Run"]; // names

        Read(name).ShouldAllBe(text => !Hangul().IsMatch(text.Value));
        Read(name + ".ko").Where(text => !Hangul().IsMatch(text.Value) && !same.Contains(text.Value))
            .Where(text => !text.Key.StartsWith("time.", StringComparison.Ordinal))
            .Select(text => text.Key).ShouldBe(name == Console ? ["durations.p95"] : []);
    }

    [Fact]
    public void Every_text_that_a_page_uses_exists_and_every_text_is_used()
    {
        var texts = Read(Console).Keys.Concat(Read(Pages).Keys).ToHashSet();
        var sources = new[] { "Console", "Http/Pages", "Access/Sessions" }
            .SelectMany(folder => Directory.GetFiles(Path.Combine([Gateway, .. folder.Split('/')])))
            .Where(file => Path.GetExtension(file) is ".cs" or ".razor")
            .Select(File.ReadAllText)
            .ToList();
        var literals = sources.SelectMany(source => Literal().Matches(source)).Select(match => match.Groups["text"].Value).ToHashSet();
        var patterns = literals.Where(literal => literal.Contains('{') && Hole().Replace(literal, "").Any(char.IsLetter))
            .Select(literal => new Regex("^" + Hole().Replace(Regex.Escape(literal).Replace("\\{", "{"), ".+") + "$")).ToList();

        var used = sources.SelectMany(source => Use().Matches(source)).Select(match => match.Groups["key"].Value).ToList();

        used.Count.ShouldBeGreaterThan(100);
        used.Where(key => !key.Contains('{') && !texts.Contains(key)).ShouldBeEmpty();
        texts.Where(key => !literals.Contains(key) && !patterns.Exists(pattern => pattern.IsMatch(key))).ShouldBeEmpty();
    }

    [Fact]
    public void Every_word_of_the_API_that_a_page_shows_has_a_text()
    {
        string[] expected =
        [
            .. QueryParser.Statuses.Keys.Select(status => "status." + status), "status.all", "status.deleted",
            .. new[] { "name", "status", "task", "feature", "model", "created", "completed", "duration" }.Select(name => "column." + name),
            .. new[] { "taskId", "featureId", "model", "failureCode" }.Select(picker => "filter." + picker),
            .. new[] { "q", "status", "taskId", "featureId", "model", "failureCode" }.Select(name => "error." + name),
            .. new[] { "from", "to", "sort", "cursor" }.Select(name => "error." + name),
            .. QueryParser.Units.Keys.Select(unit => "activity." + unit),
            .. Words<StatusDtos.UpstreamState>("gateway.upstream."), .. Words<StatusDtos.SnapshotOrder>("gateway.order."),
            .. Words<StatusDtos.RedisAvailability>("gateway.redis."),
        ];

        expected.Except(Read(Console).Keys).ShouldBeEmpty();

        static IEnumerable<string> Words<T>(string prefix)
            where T : struct, Enum =>
            Enum.GetValues<T>().Select(value => prefix + System.Text.Json.JsonSerializer.SerializeToElement(value).GetString());
    }

    [Fact]
    public void Every_problem_that_a_page_can_have_has_a_title_and_a_text()
    {
        string[] ofPrograms = // they need parameters, headers or streams that no page has, or have a page of their own
            ["not-acceptable", "cursor-expired", "changes-expired", "precondition-failed", "streams-exhausted"];
        var texts = Read(Pages);

        ProblemTypes.All.Select(problem => problem.Slug).Except(ofPrograms).Where(slug => !texts.ContainsKey($"problem.{slug}.title"))
            .ShouldBeEmpty();
        ProblemTypes.All.Select(problem => problem.Slug).Except([.. ofPrograms, "sign-in-failed"]) // whose reason is its text
            .Where(slug => !texts.ContainsKey($"problem.{slug}.text")).ShouldBeEmpty();
    }

    [Fact]
    public void Status_words_are_those_of_NAVER_in_both_languages()
    {
        string[] keys = ["registered", "pending", "in_progress", "completed", "failed"];

        keys.Select(key => Read(Console)["status." + key]).ShouldBe(["Registered", "Pending", "In progress", "Available", "Failed"]);
        keys.Select(key => Read(Console + ".ko")["status." + key]).ShouldBe(["등록됨", "대기 중", "생성 중", "사용 가능", "실패"]);
        FailureCatalog.Codes.ShouldAllBe(code => Read(Failures).ContainsKey(code + ".title"));
    }

    [Theory]
    [InlineData("time.exact", "1 Nov 2026, 09:05:07", "2026. 11. 1. 09:05:07")]
    [InlineData("time.day", "1 Nov, 09:05", "11. 1. 09:05")]
    [InlineData("time.hour", "1 Nov, 09:00", "11. 1. 09:00")]
    [InlineData("time.date", "1 Nov 2026", "2026. 11. 1.")]
    public void Times_are_written_as_each_language_writes_them(string key, string english, string korean)
    {
        var time = new DateTime(2026, 11, 1, 9, 5, 7);

        time.ToString(Read(Console)[key], CultureInfo.GetCultureInfo("en")).ShouldBe(english);
        time.ToString(Read(Console + ".ko")[key], CultureInfo.GetCultureInfo("ko")).ShouldBe(korean);
    }

    private static Dictionary<string, string> Read(string name) =>
        XDocument.Load(Path.Combine([Gateway, .. (name + ".resx").Split('/')])).Root!.Elements("data")
            .ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value);

    [GeneratedRegex(@"\{[0-9n][^}]*\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\p{IsHangulSyllables}")]
    private static partial Regex Hangul();

    [GeneratedRegex(@"""(?<text>[A-Za-z{][\w.{}?:' -]*)""")]
    private static partial Regex Literal();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Hole();

    /// <summary>A text that is looked up: of the localizers <c>T</c> and <c>texts</c>.</summary>
    [GeneratedRegex(@"\b(?:T|texts)\[\s*\$?""(?<key>[^""]+)""")]
    private static partial Regex Use();
}
