using NclueGateway.Access;
using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;
using NclueGateway.Access.Sessions;
using NclueGateway.Http.Pages;
using NclueGateway.Observability.Audit;
using NclueGateway.TaskRuns.Queries;

namespace NclueGateway.Console;

/// <summary>
/// The console: pages of runs for people with a browser session. They have the permission, the rate limit and the audit of the API's reads.
/// </summary>
internal static class ConsoleEndpoints
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Adds the services of the console.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">The settings.</param>
    /// <param name="list">The path of the list in the API.</param>
    public static IServiceCollection AddConsole(this IServiceCollection services, ConsoleOptions options, string list)
    {
        if (!options.Enabled)
        {
            return services;
        }

        return services
            .AddSingleton(new PageHome(ConsoleLinks.Path))
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<ConsoleFrames>(provider, list))
            .AddSingleton<ConsoleMetrics>()
            .AddSingleton<BoardCharts>()
            .AddSingleton<BoardReader>()
            .AddSingleton<BoardHandler>()
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<RunPageHandler>(provider, list))
            .AddSingleton<GatewayPageHandler>();
    }

    /// <summary>Maps the pages.</summary>
    /// <param name="app">The routes of the gateway.</param>
    /// <param name="hasSignIn">True if browser sign-in is on. Without it, the pages explain how to set it up.</param>
    public static void MapConsole(this IEndpointRouteBuilder app, bool hasSignIn)
    {
        var pages = app.MapGroup("").WithRateLimit(RateLimit.Caller).Audited().AllowsNavigation().IsPageForPeople();
        Map("board", ConsoleLinks.Path, context => Get<BoardHandler>(context).HandleAsync(context), "Query");
        Map(
            "run",
            $"{ConsoleLinks.RunsPath}/{{{RunHandler.Id}}}",
            context => Get<RunPageHandler>(context).HandleAsync(context),
            "RunId");
        Map("gateway", ConsoleLinks.GatewayPath, context => Get<GatewayPageHandler>(context).HandleAsync(context));
        if (hasSignIn)
        {
            pages.MapPost(ConsoleLinks.SignOutPath, SignOutPages.HandleAsync)
                .AllowAnonymous().WithMetadata(new OptionalAuthentication());
            pages.MapMethods(ConsoleLinks.SignedOutPath, Methods, SignOutPages.ShowAsync).AllowAnonymous();
        }

        pages.MapUnmatched(ConsoleLinks.Path);
        PageAsset.Script.Map(app);

        void Map(string name, string path, RequestDelegate handler, params string[] audited) =>
            pages.MapMethods(path, Methods, context => Get<ConsoleMetrics>(context).MeasureAsync(name, handler, context))
                .RequirePermission(Permission.ReadTaskRuns).Audited(audited);

        // Created for the first visitor, so that startup does not wait for it.
        static T Get<T>(HttpContext context)
            where T : class => context.RequestServices.GetRequiredService<T>();
    }
}
