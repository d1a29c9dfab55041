using System.Collections;
using System.Globalization;
using System.Resources;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Console;

/// <summary>The words in which the console explains a failure, in both languages.</summary>
public sealed class FailureTextsTests
{
    private static readonly ResourceManager Texts = new("NclueGateway.Console.FailureTexts", typeof(FailureCatalog).Assembly);

    [Theory]
    [InlineData("")] // English
    [InlineData("ko")]
    public void Each_documented_failure_and_any_other_one_has_a_title_a_cause_an_action_and_who_can_act(string language)
    {
        string[] codes = [.. FailureCatalog.Codes, "OTHER"];

        var texts = In(language);

        texts.Keys.ShouldBe(
            from code in codes from part in new[] { "title", "cause", "action", "who" } select $"{code}.{part}", ignoreOrder: true);
        texts.Values.ShouldAllBe(text => text.Length > 1 && text.Trim() == text);
        texts.Where(text => text.Key.EndsWith(".who", StringComparison.Ordinal)).Select(text => text.Value).Distinct().Count()
            .ShouldBeInRange(3, 4);
    }

    [Fact]
    public void No_text_is_the_same_in_both_languages() =>
        In("ko").Intersect(In("")).ShouldBeEmpty();

    [Fact]
    public void The_Korean_titles_are_those_of_the_guide()
    {
        var failures = new FailureCatalog(HelpLanguage.Ko);
        foreach (var code in FailureCatalog.Codes)
        {
            var title = In("ko")[$"{code}.title"].Replace(" ", "", StringComparison.Ordinal);

            Uri.UnescapeDataString(failures.Find(code).Help.Fragment).ShouldBe($"#{title}"); // the anchor of the guide's section
        }
    }

    private static Dictionary<string, string> In(string language) =>
        Texts.GetResourceSet(CultureInfo.GetCultureInfo(language), createIfNotExists: true, tryParents: false)
            .ShouldNotBeNull($"There is no resource for '{language}'.")
            .Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
}
