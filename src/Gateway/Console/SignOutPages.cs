using Microsoft.Extensions.Localization;
using NclueGateway.Access.Sessions;
using NclueGateway.Http.Pages;

namespace NclueGateway.Console;

/// <summary>Sign-out without script: a form, and the page after it.</summary>
internal static class SignOutPages
{
    /// <summary>Handles the form.</summary>
    public static async Task HandleAsync(HttpContext context)
    {
        if (!await SameOriginForm.RequireSameOriginAsync(context))
        {
            return;
        }

        if (context.Features.Get<CachedSession>() is { } session)
        {
            await context.RequestServices.GetRequiredService<SignOut>().EndAsync(context, session);
        }

        SameOriginForm.SeeOther(context, ConsoleLinks.Of(context).To(ConsoleLinks.SignedOutPath));
    }

    /// <summary>Responds with the page after sign-out, on which the provider's own sign-out is a link.</summary>
    public static async Task ShowAsync(HttpContext context)
    {
        var texts = context.RequestServices.GetRequiredService<IStringLocalizer<ConsoleTexts>>();
        var provider = await context.RequestServices.GetRequiredService<SignOut>().GetLogoutUrlAsync();
        ConsoleFrames.SetHeaders(context);
        await MessagePages.Of(new PageMessage(texts["signed-out"], [new(texts["signed-out.text"])])
        {
            Action = new(ConsoleLinks.Of(context).Board(""), texts["signed-out.again"]),
            Links = provider is null ? [] : [new(provider.AbsoluteUri, texts["signed-out.provider"])],
        }).ExecuteAsync(context);
    }
}
