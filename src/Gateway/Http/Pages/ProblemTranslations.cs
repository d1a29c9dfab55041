using Microsoft.Extensions.Localization;

namespace NclueGateway.Http.Pages;

/// <summary>
/// The texts of problems in the language of the page. The English ones are those of the records, because they are part of the API; only
/// pages have the Korean ones, which are in <c>ProblemTexts.ko.resx</c>.
/// </summary>
internal static class ProblemTranslations
{
    /// <summary>The English text of each key.</summary>
    public static readonly IReadOnlyDictionary<string, string> English = Records().ToDictionary();

    /// <summary>Returns the text of a key in the language of the page.</summary>
    public static string Of(this IStringLocalizer<ProblemTexts> korean, string key) =>
        PageLanguage.Current == "ko" && korean[key] is { ResourceNotFound: false, Value: var text } ? text : English[key];

    private static IEnumerable<(string Key, string Value)> Records()
    {
        yield return ("introduction", ProblemTypes.Introduction);
        yield return ("before", ProblemTypes.BeforeAnyRequestIntroduction);
        foreach (var refusal in ProblemTypes.BeforeAnyRequest)
        {
            yield return ($"before.{refusal.Status}", refusal.Meaning);
        }

        foreach (var problem in ProblemTypes.All)
        {
            yield return (problem.Slug + ".title", problem.Title);
            yield return (problem.Slug + ".explanation", problem.Explanation);
            yield return (problem.Slug + ".caller", problem.CallerAdvice);
            yield return (problem.Slug + ".operator", problem.OperatorAdvice);
            foreach (var other in problem.OtherStatuses)
            {
                yield return (problem.Slug + $".status.{other.Status}", other.Meaning);
            }
        }
    }
}
