using System.Globalization;
using System.Text;
using NclueGateway.Http;

namespace NclueGateway.Tests.Http;

/// <summary>Writes <c>docs/problems.md</c> out of the records that the pages at <c>/problems</c> are made of.</summary>
internal static class ProblemsDocument
{
    private const int Width = 140;

    public static string Render()
    {
        var text = new StringBuilder();
        text.Append("# Problems\n\n");
        text.Append("<!-- Written by ProblemsDocumentTests out of src/Gateway/Http/Problems.cs, as are the pages at /problems. Do not edit. -->\n\n");
        Block(text, Escape(ProblemTypes.Introduction) + '\n');
        text.Append("| status | problem | |\n|---|---|---|\n");
        foreach (var problem in ProblemTypes.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Statuses(problem)} | [{problem.Slug}](#{problem.Slug}) | {Escape(problem.Title)} |\n");
        }

        text.Append("\n## Without a problem\n\n");
        Block(text, Escape(ProblemTypes.BeforeAnyRequestIntroduction) + '\n');
        Table(text, ProblemTypes.BeforeAnyRequest);
        foreach (var problem in ProblemTypes.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {problem.Slug}\n\n");
            Block(text, $"**{Escape(problem.Title)}.** Status {problem.Status}{(problem.OtherStatuses.Count > 0 ? ", or with:" : ".")}\n");
            if (problem.OtherStatuses.Count > 0)
            {
                Table(text, problem.OtherStatuses);
                text.Append('\n');
            }

            Block(text, Escape(problem.Explanation) + '\n');
            Block(text, "* **Caller**: " + Escape(problem.CallerAdvice), indent: "  ");
            Block(text, "* **Operator**: " + Escape(problem.OperatorAdvice), indent: "  ");
        }

        return text.ToString();
    }

    private static string Statuses(ProblemType problem) =>
        string.Join(", ", problem.OtherStatuses.Select(other => other.Status).Prepend(problem.Status));

    private static void Table(StringBuilder text, IReadOnlyList<StatusMeaning> statuses)
    {
        text.Append("| status | when |\n|---|---|\n");
        foreach (var (status, meaning) in statuses)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {status} | {Escape(meaning)} |\n");
        }
    }

    /// <summary>Breaks lines between words.</summary>
    private static void Block(StringBuilder text, string markdown, string indent = "")
    {
        var column = 0;
        foreach (var word in markdown.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                text.Append('\n').Append(indent);
                column = indent.Length;
            }
            else if (column > 0)
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
        }

        text.Append('\n');
    }

    private static string Escape(string words) => words.Replace("<", "&lt;", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);
}
