using System.Text;
using CsCheck;
using NclueGateway.Observability;

namespace NclueGateway.Tests.Observability;

public sealed class AuditedNameTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("", "")]
    [InlineData("alice@example.com", "alice@example.com")]
    [InlineData("김민수 😀 山田\u3000太郎", "김민수 😀 山田\u3000太郎")]
    [InlineData("a\r\nb\tc\0d\u001b[31m\u007f\u0085", "a\ufffd\ufffdb\ufffdc\ufffdd\ufffd[31m\ufffd\ufffd")]
    [InlineData("a\u2028b\u2029c", "a\ufffdb\ufffdc")]
    [InlineData("\u202egnp.exe\u2066\u200b\ufeff", "\ufffdgnp.exe\ufffd\ufffd\ufffd")]
    [InlineData("a\u3164b\u115fc\ufe0fd\u00a0e\u034ff\u2800", "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffd")]
    public void What_others_have_chosen_looks_like_what_it_is(string? text, string? clean) =>
        Kept(LoggedText.CleanName(text)).ShouldBe(clean);

    [Fact]
    public void Half_a_character_is_none() => Kept(LoggedText.CleanName("a" + '\ud83d' + "b" + '\ude00')).ShouldBe("a\ufffdb\ufffd");

    [Fact]
    public void Long_text_is_cut_between_characters_and_says_so()
    {
        LoggedText.CleanName(new string('x', 255)).ShouldBe(new string('x', 255));
        LoggedText.CleanName(new string('x', 254) + "가").ShouldBe(new string('x', 254) + "가");
        Kept(LoggedText.CleanName(new string('x', 256))).ShouldBe(new string('x', 255) + "…");
        Kept(LoggedText.CleanName(new string('x', 254) + "😀")).ShouldBe(new string('x', 254) + "…");
        Kept(LoggedText.CleanName(new StringBuilder().Insert(0, "😀", 128).ToString()))!.Length.ShouldBe(255);
    }

    /// <summary>Compares with the output of <c>printf %s NAME | sha256sum | cut -c 1-32</c>.</summary>
    [Fact]
    public void What_was_changed_ends_in_a_hash_of_what_it_was() =>
        LoggedText.CleanName("bo\u200bb").ShouldBe("bo\ufffdb #08c5700cc29e2e1f6ab8756889bfe83a");

    [Fact]
    public void Two_texts_never_become_one()
    {
        var texts = Gen.OneOf(
            Gen.String,
            Gen.String["ab\u200b\u200c\ufffd #…"],
            Gen.Int[250, 260].Select(length => new string('x', length) + "a"));
        Gen.Select(texts, texts).Where((one, other) => one != other).Sample((one, other) =>
        {
            LoggedText.CleanName(one).ShouldNotBe(LoggedText.CleanName(other));
            // Cleaned text cannot be imitated.
            LoggedText.CleanName(LoggedText.CleanName(one))
                .ShouldNotBe(LoggedText.CleanName(one) == one ? null : LoggedText.CleanName(one));
        });
    }

    [Fact]
    public void Halves_of_characters_are_told_apart()
    {
        string[] texts = ["a\ufffd", "a" + '\ud83d', "a" + '\ud83e', "a" + '\ude00', "a" + '\u200b'];
        texts.Select(LoggedText.CleanName).Distinct().Count().ShouldBe(texts.Length);
        LoggedText.CleanName("a" + '\ud83d').ShouldBe("a\ufffd #17795fe5ce2e5f28ef8a62f18efff0cf");
    }

    /// <summary>Returns the text before the hash.</summary>
    private static string? Kept(string? clean) => clean?.Split(" #")[0];
}
