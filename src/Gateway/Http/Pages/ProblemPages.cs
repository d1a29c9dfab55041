using static NclueGateway.Http.Pages.HtmlPage;

namespace NclueGateway.Http.Pages;

/// <summary>
/// The pages at the addresses in the member <c>type</c>: one per problem, and an index. <c>docs/problems.md</c> is generated from the same
/// records.
/// </summary>
internal static class ProblemPages
{
    public const string IndexRoute = "/problems";

    private const string PageRoute = "/problems/{slug}";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapProblemPages(this IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapMethods(IndexRoute, Methods, context => RespondCacheableAsync(context, Index(PathBase(context))))
            .AllowAnonymous()
            .ExcludeFromDescription();
        endpoints.MapMethods(PageRoute, Methods, context => ProblemTypes.Find((string)context.Request.RouteValues["slug"]!) is { } problem
            ? RespondCacheableAsync(context, Page(problem, PathBase(context)))
            : new ProblemResult(HttpProblems.NotFound).ExecuteAsync(context)).AllowAnonymous().ExcludeFromDescription();
    }

    private static string Index(string pathBase) => Document("Problems", $"""
        <h1>Problems</h1>
        <p>{Text(ProblemTypes.Introduction)}</p>
        {List(ProblemTypes.All.Select(problem =>
            $"{problem.Status} <a href=\"{pathBase}{problem.Path}\">{problem.Slug}</a>: {Text(problem.Title)}"))}
        <h2>Responses without a problem</h2>
        <p>{Text(ProblemTypes.BeforeAnyRequestIntroduction)}</p>
        {Statuses(ProblemTypes.BeforeAnyRequest)}
        """);

    private static string Page(ProblemType problem, string pathBase) => Document(problem.Title, $"""
        <h1>{Text(problem.Title)}</h1>
        <p>Problem <code>{problem.Slug}</code>, status {problem.Status}{(problem.OtherStatuses.Count > 0 ? ", or:" : ".")}</p>
        {Statuses(problem.OtherStatuses)}
        <h2>Cause</h2>
        <p>{Text(problem.Explanation)}</p>
        <h2>Advice to callers</h2>
        <p>{Text(problem.CallerAdvice)}</p>
        <h2>Advice to operators</h2>
        <p>{Text(problem.OperatorAdvice)}</p>
        <p><a href="{pathBase}{IndexRoute}">All problems</a></p>
        """);

    private static string Statuses(IReadOnlyList<StatusMeaning> statuses) =>
        List(statuses.Select(status => $"{status.Status}: {Text(status.Meaning)}"));
}
