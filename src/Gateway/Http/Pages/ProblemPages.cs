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
            .MapMethods(IndexRoute, Methods, context => PageResult.Cacheable<ProblemsPage>(context, new { }).ExecuteAsync(context))
            .AllowAnonymous()
            .IsPage();
        endpoints
            .MapMethods(PageRoute, Methods, context =>
            {
                var slug = (string)context.Request.RouteValues["slug"]!;
                var page = ProblemTypes.Find(slug) is null
                    ? new ProblemResult(HttpProblems.NotFound)
                    : PageResult.Cacheable<ProblemTypePage>(context, new { Slug = slug });
                return page.ExecuteAsync(context);
            })
            .AllowAnonymous()
            .IsPage();
    }
}
