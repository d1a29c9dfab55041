using NclueGateway.Http.Pages;

namespace NclueGateway.Http;

/// <summary>
/// Sends error responses as problems (RFC 9457). <see cref="ProblemPages.MapProblemPages"/> maps the pages that explain them.
/// </summary>
internal static class ProblemsExtensions
{
    public static IServiceCollection AddProblems(this IServiceCollection services) =>
        services.AddExceptionHandler<UnhandledExceptionHandler>();

    /// <summary>
    /// Adds the exception and status code middleware. Must come before all middleware whose failures it handles. For
    /// failures of the framework (404 or 405 of the router, 415, an unreadable parameter) it uses only the status.
    /// </summary>
    public static void UseProblems(this IApplicationBuilder app) => app
        .UseExceptionHandler(_ => { }) // not reached: the handler above takes every exception
        .UseStatusCodePages(failure =>
        {
            var status = failure.HttpContext.Response.StatusCode;
            return new ProblemResult(ProblemTypes.ForStatus(status)) { Status = status }.ExecuteAsync(failure.HttpContext);
        });
}
