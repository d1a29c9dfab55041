using NclueGateway.Http.Pages;

namespace NclueGateway.Http;

/// <summary>
/// Every failure as a problem (RFC 9457). The pages behind the problems' types are mapped by <see cref="ProblemPages.MapProblemPages"/>.
/// </summary>
internal static class ProblemsExtensions
{
    public static IServiceCollection AddProblems(this IServiceCollection services) => services
        .AddSingleton<IProblemDetailsWriter, ProblemDetailsAdapter>() // before the framework's own, so that it is asked first
        .AddProblemDetails()
        .AddExceptionHandler<UnhandledExceptionHandler>();

    /// <summary>Goes first, around everything whose failures it answers.</summary>
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app) => app.UseExceptionHandler().UseStatusCodePages();
}
