using System.Text.RegularExpressions;
using System.Xml.Linq;
using NclueGateway.Access.Callers;
using NclueGateway.Http.Pages;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http;

/// <summary>The Korean texts of problems: complete, used, and with the same names and numbers as the English ones.</summary>
public sealed partial class ProblemTextsTests
{
    private static readonly string Gateway = Path.Combine(Repository.Root, "src", "Gateway");

    [Fact]
    public void Every_text_of_a_page_is_there_in_Korean_and_every_Korean_text_is_used()
    {
        var korean = Read("ProblemTexts");

        korean.Keys.ShouldBe(ProblemTranslations.English.Keys, ignoreOrder: true);
        korean.Values.ShouldAllBe(text => text == text.Trim() && Hangul().IsMatch(text));
    }

    [Fact]
    public void Names_and_numbers_of_the_English_text_are_in_the_Korean_one()
    {
        var korean = Read("ProblemTexts");

        foreach (var (key, english) in ProblemTranslations.English)
        {
            Names(english).Except(Names(korean[key])).ShouldBeEmpty(key);
        }
    }

    [Fact]
    public void A_detail_has_a_Korean_text_only_while_the_gateway_gives_it_with_the_same_names()
    {
        var sources = Directory.EnumerateFiles(Gateway, "*.cs", SearchOption.AllDirectories)
            .Select(file => Concatenation().Replace(File.ReadAllText(file), "")).ToList();
        var details = Read("DetailTexts");

        details.Count.ShouldBeGreaterThan(10);
        foreach (var (english, korean) in details)
        {
            var literal = english.Replace(Permission.ReadTaskRuns.Description, "{action}", StringComparison.Ordinal);
            sources.Exists(source => source.Contains($"\"{literal}\"", StringComparison.Ordinal)).ShouldBeTrue(english);
            Hangul().IsMatch(korean).ShouldBeTrue(english);
            Names(english).Except(Names(korean)).ShouldBeEmpty(english);
        }
    }

    [Fact]
    public void Names_and_numbers_are_found_in_both_languages()
    {
        string[] names = ["Auth:Session:ClientId", "ClientSecret", "X-CSRF", "1", "traceId", "/session/callback", "partial=true", "1,000"];

        Names("Auth:Session:ClientId and ClientSecret. X-CSRF: 1, traceId, /session/callback. With partial=true: 1,000.").ShouldBe(names);
        Names("Auth:Session:ClientId와 ClientSecret의 X-CSRF: 1을 traceId로, /session/callback에 partial=true로 1,000건.").ShouldBe(names);
    }

    private static Dictionary<string, string> Read(string name) => XDocument
        .Load(Path.Combine(Gateway, "Http", "Pages", name + ".ko.resx")).Root!.Elements("data")
        .ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value);

    private static IEnumerable<string> Names(string text) => Name().Matches(text).Select(match => match.Value);

    /// <summary>Where a literal goes on in the next line.</summary>
    [GeneratedRegex("\"\\s*\\+ \\$?\"")]
    private static partial Regex Concatenation();

    [GeneratedRegex(@"\p{IsHangulSyllables}")]
    private static partial Regex Hangul();

    /// <summary>
    /// Settings, headers, members, paths, parameters and numbers, in this order. A Korean particle may follow, without a space.
    /// </summary>
    [GeneratedRegex(
        @"(?<![A-Za-z0-9:-])(?:[A-Z][A-Za-z]*(?::[A-Z][A-Za-z]*)+|[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)+|[A-Za-z]*[a-z][A-Z][A-Za-z]*)"
        + @"|/[a-z][a-z0-9/.+-]*[a-z0-9]|[a-z]+=[a-z]+|[0-9]+(?:[.,][0-9]+)*")]
    private static partial Regex Name();
}
