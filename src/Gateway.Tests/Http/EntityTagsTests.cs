using Microsoft.AspNetCore.Http;
using NclueGateway.Http;

namespace NclueGateway.Tests.Http;

public sealed class EntityTagsTests
{
    private const string Tag = "\"abc\"";

    /// <summary>
    /// A list; true if it contains the tag by weak comparison; true if it contains it by strong comparison.
    /// </summary>
    public static TheoryData<string, bool, bool> Lists => new()
    {
        { "\"abc\"", true, true },
        { "W/\"abc\"", true, false },
        { "\"x\", \"abc\", \"y\"", true, true },
        { "\"x\",W/\"abc\"", true, false },
        { "W/\"abc\", \"abc\"", true, true },
        { "*", true, true },
        { " * ", true, true },
        { ",, ,\"abc\",", true, true },
        { "\"abc-gzip\"", true, true },
        { "\"abc-br\"", true, true },
        { "W/\"abc-br\"", true, false },
        { "\"abcd\"", false, false },
        { "\"abc-\"", false, false },
        { "\"abc-zstd\"", false, false },
        { "\"ab\"", false, false },
        { "abc", false, false },
        { "W/", false, false },
        { "W/*", false, false },
        { "W/ \"abc\"", false, false },
        { "w/\"abc\"", false, false },
        { "\"abc", false, false },
        { "\"x\",W/", false, false },
        { "\"x\", *", false, false },
        { ",", false, false },
        { "", false, false },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public void If_None_Match_compares_weakly(string list, bool weakly, bool strongly)
    {
        _ = strongly;
        Evaluate(ifMatch: null, list).ShouldBe(weakly ? "NotModified" : "Holds");
    }

    [Theory]
    [MemberData(nameof(Lists))]
    public void If_Match_compares_strongly(string list, bool weakly, bool strongly)
    {
        _ = weakly;
        Evaluate(list, ifNoneMatch: null).ShouldBe(strongly ? "Holds" : "Failed");
    }

    /// <summary>RFC 9110 §13.2.2.</summary>
    [Theory]
    [InlineData(null, null, "Holds")]
    [InlineData("\"other\"", "\"abc\"", "Failed")]
    [InlineData("\"other\"", "\"other\"", "Failed")]
    [InlineData("\"abc\"", "\"abc\"", "NotModified")]
    [InlineData("*", "*", "NotModified")]
    [InlineData("\"abc\"", "\"other\"", "Holds")]
    public void If_Match_comes_first(string? ifMatch, string? ifNoneMatch, string result) =>
        Evaluate(ifMatch, ifNoneMatch).ShouldBe(result);

    [Fact]
    public void The_lines_of_a_field_are_one_list()
    {
        EntityTags.Evaluate(new HeaderDictionary { ["If-Match"] = new[] { "\"x\"", "\"abc\"" } }, Tag).ShouldBe(Precondition.Holds);
        EntityTags.Evaluate(new HeaderDictionary { ["If-None-Match"] = new[] { "\"x\"", "W/\"abc\"" } }, Tag)
            .ShouldBe(Precondition.NotModified);
    }

    private static string Evaluate(string? ifMatch, string? ifNoneMatch)
    {
        var headers = new HeaderDictionary();
        if (ifMatch is not null)
        {
            headers["If-Match"] = ifMatch;
        }

        if (ifNoneMatch is not null)
        {
            headers["If-None-Match"] = ifNoneMatch;
        }

        return EntityTags.Evaluate(headers, Tag).ToString();
    }
}
