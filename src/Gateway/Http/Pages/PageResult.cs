using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http.Pages;

/// <summary>A response with a page, which is sent when all of it is rendered.</summary>
/// <param name="parameters">The component's parameters, as properties of an object.</param>
internal sealed class PageResult<TPage>(object parameters) : IResult
    where TPage : IComponent
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.Headers.ContentLanguage = PageLanguage.Current;
        response.OnStarting(RemoveRendererHeaderAsync, response);
        var services = httpContext.RequestServices;
        await using var scope = services.GetRequiredService<PageServices>().CreateScope();
        try
        {
            httpContext.RequestServices = scope.ServiceProvider;
            await new RazorComponentResult<TPage>(parameters) { PreventStreamingRendering = true }.ExecuteAsync(httpContext);
        }
        finally
        {
            httpContext.RequestServices = services;
        }
    }

    /// <summary>Removes a header that the renderer sets for the script of Blazor, which no page has.</summary>
    private static Task RemoveRendererHeaderAsync(object response)
    {
        ((HttpResponse)response).Headers.Remove("blazor-enhanced-nav");
        return Task.CompletedTask;
    }
}

/// <summary>Creates responses with a page.</summary>
internal static class PageResult
{
    /// <summary>Returns the response for one visitor. The caller sets the status and the caching.</summary>
    /// <param name="parameters">The component's parameters, as properties of an object.</param>
    public static IResult Of<TPage>(object parameters)
        where TPage : IComponent => new PageResult<TPage>(parameters);

    /// <summary>Returns a response that is the same for all visitors with one language.</summary>
    /// <param name="context">The request.</param>
    /// <param name="parameters">The component's parameters, as properties of an object.</param>
    public static IResult Cacheable<TPage>(HttpContext context, object parameters)
        where TPage : IComponent
    {
        context.Response.Headers.CacheControl = CacheableResponse.CacheControl;
        context.Response.Headers.AppendCommaSeparatedValues(HeaderNames.Vary, HeaderNames.AcceptLanguage, HeaderNames.Cookie);
        return new PageResult<TPage>(parameters);
    }
}
