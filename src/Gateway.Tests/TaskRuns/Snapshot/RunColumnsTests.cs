using System.Globalization;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>The form in which texts are compared.</summary>
public sealed class RunColumnsTests
{
    [Theory]
    [InlineData("tr-TR")]
    [InlineData("de-DE")]
    [InlineData("ko-KR")]
    public void Texts_are_folded_alike_in_every_culture(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture, predefinedOnly: true);
        try
        {
            RunColumns.Fold("FAIL\u0130\u0131").ShouldBe("fail\u0130\u0131");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("Über", "über")]
    [InlineData("\ud835", "\ud835")] // half a surrogate pair
    [InlineData("A\udc00B", "a\udc00b")]
    [InlineData("", "")]
    [InlineData("\u1112\u1161\u11ab\u1100\u1173\u11af", "\ud55c\uae00")] // Hangul in parts (NFD), as macOS writes it
    [InlineData("\ud55c\uae00", "\ud55c\uae00")]
    [InlineData("U\u0308ber", "\u00fcber")]
    [InlineData("I\u0307", "\u0130")] // the dotted I stays, with any language of the machine
    [InlineData("\u0130\u0131", "\u0130\u0131")]
    [InlineData("TITLE", "title")]
    [InlineData("\u03a3\u03a3", "\u03c3\u03c3")] // each letter for itself: no final sigma
    [InlineData("\ufb01\uff21\u2460", "\ufb01\uff41\u2460")] // compatibility characters stay: a ligature, a wide A, a circled 1
    public void Texts_are_folded(string text, string folded) => RunColumns.Fold(text).ShouldBe(folded);
}
