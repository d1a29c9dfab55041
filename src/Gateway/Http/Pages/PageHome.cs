namespace NclueGateway.Http.Pages;

/// <summary>The page to which the name of the gateway links.</summary>
/// <param name="Path">The path without the path base.</param>
internal sealed record PageHome(string Path)
{
    /// <summary>Returns the path; null if none is registered.</summary>
    public static string? Of(HttpContext context) => context.RequestServices.GetService<PageHome>()?.Path;
}
