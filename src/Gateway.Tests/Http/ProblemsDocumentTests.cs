using System.Reflection;
using System.Text.RegularExpressions;
using NclueGateway.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http;

/// <summary><c>docs/problems.md</c> and the pages at <c>/problems</c> have the same content.</summary>
public sealed class ProblemsDocumentTests
{
    [Fact]
    public Task The_committed_document_is_what_the_problems_say() =>
        CommittedDocument.ShouldBeCommittedAsync(ProblemsDocument.Render(), "docs/problems.md");

    [Fact]
    public void Every_problem_type_that_is_declared_is_listed() => typeof(ProblemTypes).Assembly.GetTypes()
        .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(field => field.FieldType == typeof(ProblemType))
        .Select(field => (ProblemType)field.GetValue(null)!)
        .ShouldBe(ProblemTypes.All, ignoreOrder: true);

    [Fact]
    public void Every_text_of_a_problem_is_in_its_section()
    {
        var sections = ProblemsDocument.Render().Split("\n## ").Skip(1).ToDictionary(section => section.Split('\n')[0], Words);

        sections.Keys.ShouldBe(["Responses without a problem", .. ProblemTypes.All.Select(problem => problem.Slug)]);
        foreach (var problem in ProblemTypes.All)
        {
            var section = sections[problem.Slug];
            string[] texts =
            [
                problem.Title, $"Status {problem.Status}", problem.Explanation, problem.CallerAdvice, problem.OperatorAdvice,
                .. problem.OtherStatuses.Select(other => $"{other.Status} | {other.Meaning}"),
            ];
            texts.ShouldAllBe(text => section.Contains(text));
        }

        ProblemTypes.BeforeAnyRequest.ShouldAllBe(
            refusal => sections["Responses without a problem"].Contains(
                $"| {refusal.Status} | {refusal.Meaning.Replace("*", "\\*")} |"));
    }

    /// <summary>Returns the text without its line breaks.</summary>
    private static string Words(string markdown) => Regex.Replace(markdown, @"\s+", " ");
}
