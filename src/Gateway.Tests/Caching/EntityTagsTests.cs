using NclueGateway.Caching;

namespace NclueGateway.Tests.Caching;

public sealed class EntityTagsTests
{
    [Theory]
    [InlineData("\"abc\"", true)]
    [InlineData("W/\"abc\"", true)]
    [InlineData("\"x\", \"abc\", \"y\"", true)]
    [InlineData("*", true)]
    [InlineData("\"abc-gzip\"", true)]
    [InlineData("\"abc-br\"", true)]
    [InlineData("\"abcd\"", false)]
    [InlineData("\"abc-\"", false)]
    [InlineData("\"abc-zstd\"", false)]
    [InlineData("\"ab\"", false)]
    [InlineData("abc", false)]
    [InlineData("W/", false)]
    [InlineData("W/*", false)]
    [InlineData("w/\"abc\"", false)]
    [InlineData("\"abc", false)]
    [InlineData("\"x\",W/", false)]
    [InlineData("", false)]
    public void A_tag_matches_itself_in_any_coding_and_nothing_else(string ifNoneMatch, bool matches) =>
        EntityTags.Match(ifNoneMatch, "\"abc\"").ShouldBe(matches);

    [Fact]
    public void Without_the_field_nothing_matches() => EntityTags.Match(default, "\"abc\"").ShouldBeFalse();
}
