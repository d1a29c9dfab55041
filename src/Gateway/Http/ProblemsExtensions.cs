using NclueGateway.Http.Pages;

namespace NclueGateway.Http;

/// <summary>
/// Registers error responses as problems (RFC 9457). <see cref="ProblemPages.MapProblemPages"/> maps the pages that explain them.
/// </summary>
internal static class ProblemsExtensions
{
    public static IServiceCollection AddProblems(this IServiceCollection services) => services
        .AddSingleton<IProblemDetailsWriter, ProblemDetailsAdapter>() // before the framework's writer, so that it is tried first
        .AddProblemDetails()
        .AddExceptionHandler<UnhandledExceptionHandler>();

    /// <summary>Adds the exception and status code middleware. Must come before all middleware whose failures it handles.</summary>
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app) => app.UseExceptionHandler().UseStatusCodePages();
}
