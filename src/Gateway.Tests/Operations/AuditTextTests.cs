using System.Text;
using NclueGateway.Operations.Audit;

namespace NclueGateway.Tests.Operations;

public sealed class AuditTextTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("", "")]
    [InlineData("alice@example.com", "alice@example.com")]
    [InlineData("김민수 😀", "김민수 😀")]
    [InlineData("a\r\nb\tc\0d\u001b[31m\u007f\u0085", "a\ufffd\ufffdb\ufffdc\ufffdd\ufffd[31m\ufffd\ufffd")]
    [InlineData("a\u2028b\u2029c", "a\ufffdb\ufffdc")]
    [InlineData("\u202egnp.exe\u2066\u200b\ufeff", "\ufffdgnp.exe\ufffd\ufffd\ufffd")]
    public void What_others_have_chosen_looks_like_what_it_is(string? text, string? clean) => AuditText.Clean(text).ShouldBe(clean);

    [Fact]
    public void Half_a_character_is_none() => AuditText.Clean("a" + '\ud83d' + "b" + '\ude00').ShouldBe("a\ufffdb\ufffd");

    [Fact]
    public void Long_text_is_cut_between_characters_and_says_so()
    {
        AuditText.Clean(new string('x', 128)).ShouldBe(new string('x', 128));
        AuditText.Clean(new string('x', 129)).ShouldBe(new string('x', 128) + "…");
        AuditText.Clean(new string('x', 127) + "😀").ShouldBe(new string('x', 127) + "…");
        AuditText.Clean(new StringBuilder().Insert(0, "😀", 64).ToString())!.Length.ShouldBe(128);
    }
}
