using Microsoft.Extensions.Localization;

namespace NclueGateway.Http.Pages;

/// <summary>Creates pages with one message.</summary>
internal static class MessagePages
{
    /// <summary>Returns the page of a problem.</summary>
    public static IResult Of(HttpContext context, ProblemResult problem)
    {
        var texts = context.RequestServices.GetRequiredService<IStringLocalizer<PageTexts>>();
        var pathBase = context.Request.PathBase.ToUriComponent();
        var kind = problem.Problem;
        var text = texts[$"problem.{kind.Slug}.text"];
        List<PageText> paragraphs = [text.ResourceNotFound ? InEnglish(kind.Explanation) : new(text.Value)];
        if (problem.Status == StatusCodes.Status401Unauthorized && problem.Login is null)
        {
            paragraphs = [new(texts["sign-in.off"])];
        }
        else if (problem.Detail is { } detail && problem.Status != StatusCodes.Status401Unauthorized)
        {
            paragraphs.Add(DetailOf(context, detail));
        }

        var request = context.Request;
        var here = PageAddress.Of(context);
        var returnUrl = CanReturnTo(here) ? here : pathBase + (PageHome.Of(context) ?? "/");
        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        return Of(new PageMessage(TitleOf(texts, kind), paragraphs)
        {
            Action = problem.Login is { } login ? new($"{pathBase}{login}?returnUrl={Uri.EscapeDataString(returnUrl)}", texts["sign-in"])
                : problem.RetryAfter is not null && isRead ? new(here, texts["retry"])
                : null,
            Links = problem.Login is null ? [new(pathBase + kind.Path, texts["message.about"])] : [],
            TraceId = problem.Status is StatusCodes.Status401Unauthorized or StatusCodes.Status404NotFound
                ? null
                : LoggedRequest.TraceId(context),
            ReturnPath = isRead ? null : pathBase + "/",
        });
    }

    /// <summary>Returns the detail of a problem in the visitor's language; in English where it quotes NCLUE, for example.</summary>
    public static PageText DetailOf(HttpContext context, string detail) =>
        context.RequestServices.GetRequiredService<IStringLocalizer<DetailTexts>>()[detail] is { ResourceNotFound: false, Value: var text }
            ? new(text)
            : InEnglish(detail);

    private static PageText InEnglish(string value) => new(value, PageLanguage.Current == "en" ? null : "en");

    /// <summary>Returns true if a sign-in accepts the address: it refuses long ones, and a backslash in any encoding.</summary>
    private static bool CanReturnTo(string address)
    {
        const int maxLength = 2_000;
        var decoded = Uri.UnescapeDataString(Uri.UnescapeDataString(address));
        return address.Length <= maxLength && !decoded.Contains('\\', StringComparison.Ordinal);
    }

    /// <summary>Returns a page. It does not set a status.</summary>
    public static IResult Of(PageMessage message) => PageResult.Of<MessagePage>(new { Message = message });

    /// <summary>Returns the title of a problem in the visitor's language.</summary>
    public static string TitleOf(IStringLocalizer<PageTexts> texts, ProblemType kind) =>
        texts[$"problem.{kind.Slug}.title"] is { ResourceNotFound: false, Value: var title } ? title : kind.Title;
}
