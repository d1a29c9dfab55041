using NclueGateway.Http;
using static NclueGateway.Http.Pages.HtmlPage;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The response to a refused sign-in. A browser that requests HTML gets a page that shows the user the next step. Every
/// other client gets the problem.
/// </summary>
/// <param name="problem">The problem.</param>
/// <param name="returnUrl">Target of the sign-in, checked by <see cref="ReturnUrl"/>; null where it is not known.</param>
internal sealed class SignInRefusal(ProblemResult problem, string? returnUrl = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        WantsHtml(httpContext.Request) ? problem.ExecuteAsPageAsync(httpContext, Page(httpContext)) : problem.ExecuteAsync(httpContext);

    /// <summary>Returns true if HTML is requested by name. Scripts and tools send <c>*/*</c> or nothing.</summary>
    private static bool WantsHtml(HttpRequest request)
    {
        var html = ContentNegotiation.QualityOf(request.Headers, "text/html");
        return request.Headers.Accept.Any(line => line?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true)
            && html > 0
            && html >= ContentNegotiation.QualityOf(request.Headers, "application/problem+json");
    }

    private string Page(HttpContext context)
    {
        var (pathBase, kind) = (PathBase(context), problem.Problem);
        var again = returnUrl is null ? "" : "?returnUrl=" + Uri.EscapeDataString(returnUrl);
        return Document(kind.Title, $"""
            <h1>{Text(kind.Title)}</h1>
            <p>{Text(problem.Detail ?? problem.Errors?.Values.FirstOrDefault()?.FirstOrDefault() ?? kind.Explanation)}</p>
            <p><a href="{pathBase}{SessionConstants.Login}{Text(again)}">Sign in again</a></p>
            <p>If that leads here again: close the other tabs in which you were signing in, allow cookies for this site, and start
            again on the page that you came from. If that fails too, send the operators of this gateway this number:
            {Text(LoggedRequest.TraceId(context))}.</p>
            <p><a href="{pathBase}/">This gateway</a> · <a href="{pathBase}{kind.Path}">About this problem</a></p>
            """);
    }
}

/// <summary>The gateway itself refuses a sign-in.</summary>
/// <param name="message">The reason, for the log. It contains nothing that the browser or the provider has sent.</param>
internal sealed class SignInRefusedException(string message) : Exception(message);
