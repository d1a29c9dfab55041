
namespace NclueGateway.Http.Pages;

/// <summary>
/// The pages for people: Razor components that the server renders, in English or Korean, without inline scripts and styles.
/// </summary>
internal static class PagesExtensions
{
    /// <summary>The content security policy of every page: the gateway's own files, and requests and forms to the gateway itself.</summary>
    public const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly ContentSecurityPolicy SecurityPolicy = new(Policy);
    private static readonly ProblemPresentation Problems = new(MessagePages.Of);

    /// <summary>Adds the renderer and the languages of pages.</summary>
    public static IServiceCollection AddPages(this IServiceCollection services) => services
        .AddLocalization()
        .AddSingleton<PageServices>()
        .Configure<RequestLocalizationOptions>(PageLanguage.Configure);

    /// <summary>Sets the language of requests to pages. Comes before everything that may refuse one of them.</summary>
    public static void UsePages(this IApplicationBuilder app) => app.UseWhen(
        context => context.GetEndpoint()?.Metadata.GetMetadata<PageEndpoint>() is not null,
        pages => pages.UseRequestLocalization().Use((context, next) =>
        {
            // A feature, because an unmatched path removes its endpoint.
            context.Features.Set(context.GetEndpoint()!.Metadata.GetMetadata<ProblemPresentation>());
            return next(context);
        }));

    /// <summary>Makes an endpoint one of a page: with the policy of pages, and in the visitor's language.</summary>
    /// <param name="endpoint">The endpoint, or a group of endpoints.</param>
    /// <param name="isDescribed">True if it is part of the OpenAPI document.</param>
    public static TBuilder IsPage<TBuilder>(this TBuilder endpoint, bool isDescribed = false)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.WithMetadata(SecurityPolicy, new PageEndpoint());
        return isDescribed ? endpoint : endpoint.ExcludeFromDescription();
    }

    /// <summary>Makes an endpoint one of a page for people only, so that its problems are pages too.</summary>
    public static TBuilder IsPageForPeople<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.IsPage().WithMetadata(Problems);

    /// <summary>Metadata of the endpoint of a page.</summary>
    private sealed record PageEndpoint;
}
