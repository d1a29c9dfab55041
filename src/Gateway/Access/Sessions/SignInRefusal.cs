using Microsoft.Extensions.Localization;
using Microsoft.Net.Http.Headers;
using NclueGateway.Http;
using NclueGateway.Http.Pages;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The response to a refused sign-in. A browser that requests HTML gets a page that shows the user the next step. Every
/// other client gets the problem.
/// </summary>
/// <param name="problem">The problem.</param>
/// <param name="returnUrl">Target of the sign-in, checked by <see cref="ReturnUrl"/>; null where it is not known.</param>
internal sealed class SignInRefusal(ProblemResult problem, string? returnUrl = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (!WantsHtml(httpContext.Request))
        {
            return problem.ExecuteAsync(httpContext);
        }

        httpContext.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Accept);
        return problem.ExecuteAsPageAsync(httpContext, Page(httpContext));
    }

    /// <summary>Returns true if HTML is requested by name. Scripts and tools send <c>*/*</c> or nothing.</summary>
    private static bool WantsHtml(HttpRequest request)
    {
        var html = ContentNegotiation.QualityOf(request.Headers, "text/html");
        return request.Headers.Accept.Any(line => line?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true)
            && html > 0
            && html >= ContentNegotiation.QualityOf(request.Headers, "application/problem+json");
    }

    private IResult Page(HttpContext context)
    {
        var texts = context.RequestServices.GetRequiredService<IStringLocalizer<PageTexts>>();
        var (pathBase, kind) = (context.Request.PathBase.ToUriComponent(), problem.Problem);
        var again = returnUrl is null ? "" : "?returnUrl=" + Uri.EscapeDataString(returnUrl);
        var reason = problem.Detail ?? problem.Errors?.Values.FirstOrDefault()?.FirstOrDefault() ?? kind.Explanation;
        return MessagePages.Of(new PageMessage(
            MessagePages.TitleOf(texts, kind),
            [MessagePages.DetailOf(context, reason), new(texts["sign-in.again.text"])])
        {
            Action = new($"{pathBase}{SessionConstants.Login}{again}", texts["sign-in.again"]),
            Links = [new(pathBase + "/", texts["about"]), new(pathBase + kind.Path, texts["message.about"])],
            TraceId = LoggedRequest.TraceId(context),
            ReturnPath = pathBase + "/",
        });
    }
}

/// <summary>The gateway itself refuses a sign-in.</summary>
/// <param name="message">The reason, for the log. It contains nothing that the browser or the provider has sent.</param>
internal sealed class SignInRefusedException(string message) : Exception(message);
