namespace NclueGateway.Http.Pages;

/// <summary>Forms of the pages. They work without script, so they prove by the browser's own header that no other site sent them.</summary>
internal static class SameOriginForm
{
    /// <summary>
    /// Responds with a problem to a form that another site may have sent, and returns false. <c>Origin</c> alone is no proof: some browsers
    /// send <c>null</c> after a redirect and below a strict referrer policy (https://fetch.spec.whatwg.org/#origin-header).
    /// </summary>
    public static async ValueTask<bool> RequireSameOriginAsync(HttpContext context)
    {
        if (context.Request.Headers[FetchMetadata.Site] is ["same-origin"])
        {
            return true;
        }

        const string detail = "The form must be sent by a page of this gateway, in a browser that states the origin (Sec-Fetch-Site).";
        await new ProblemResult(AccessProblems.CsrfHeaderMissing) { Detail = detail }.ExecuteAsync(context);
        return false;
    }

    /// <summary>Redirects a browser to a page, which it requests with GET (RFC 9110 §15.4.4).</summary>
    public static void SeeOther(HttpContext context, string path)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = path;
        context.Response.Headers.CacheControl = "no-store";
    }
}
