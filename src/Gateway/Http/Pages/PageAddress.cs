using Microsoft.AspNetCore.Http.Features;

namespace NclueGateway.Http.Pages;

/// <summary>The address of a page, by which its visitor returns to it.</summary>
internal static class PageAddress
{
    /// <summary>
    /// Returns the path with the path base, and the query, as the browser sent them. The decoded path is not enough: an encoded percent
    /// sign before 2F looks like an encoded slash in it.
    /// </summary>
    public static string Of(HttpContext context)
    {
        var request = context.Request;
        var pathBase = request.PathBase.ToUriComponent();
        var sent = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!sent.StartsWith('/'))
        {
            return pathBase + request.Path.ToUriComponent() + request.QueryString; // the absolute form (RFC 9112 §3.2.2)
        }

        var isBelowBase = new PathString(sent.Split('?')[0]).StartsWithSegments(request.PathBase, StringComparison.OrdinalIgnoreCase);
        return isBelowBase ? sent : pathBase + sent; // a proxy may remove the path base
    }
}
