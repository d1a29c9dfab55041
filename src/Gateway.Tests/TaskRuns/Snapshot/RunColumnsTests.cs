using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>The form in which texts are compared.</summary>
public sealed class RunColumnsTests
{
    [Theory]
    [InlineData("Über", "über")]
    [InlineData("\ud835", "\ud835")] // half a surrogate pair
    [InlineData("A\udc00B", "a\udc00b")]
    [InlineData("", "")]
    public void Texts_are_folded(string text, string folded) => RunColumns.Fold(text).ShouldBe(folded);
}
