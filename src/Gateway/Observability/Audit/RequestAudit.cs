using System.Security.Claims;
using NclueGateway.Http;

namespace NclueGateway.Observability.Audit;

/// <summary>
/// Writes one audit event for each request to an <see cref="AuditedEndpoint"/> that received data or was refused. It must
/// come after routing and before all other middleware, so that it sees the final status.
/// </summary>
/// <param name="next">The next middleware.</param>
/// <param name="logs">Creates the log of the events.</param>
/// <param name="refusals">Bounds the events of refusals that no rate limit bounds.</param>
/// <param name="time">Measures durations.</param>
/// <param name="identify">Returns the application and the person of a signed-in caller, otherwise nulls.</param>
internal sealed class RequestAudit(
    RequestDelegate next,
    ILoggerFactory logs,
    RefusalTrail refusals,
    TimeProvider time,
    Func<ClaimsPrincipal, (string? Client, string? Subject)> identify)
{
    private readonly ILogger _log = logs.CreateLogger(AuditEvent.Category);

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<AuditedEndpoint>() is not { } audited || !_log.IsEnabled(LogLevel.Information))
        {
            await next(context);
            return;
        }

        var happened = new AuditEvent(audited);
        context.Features.Set(happened);
        if (audited.IsStream)
        {
            AddStreamAudit(happened, context);
        }

        var started = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            // A caller that disconnected before the response, and an intermediate step of a sign-in, have neither.
            var problem = context.Features.Get<ProblemType>();
            if (happened.Kind is not null || problem is not null)
            {
                happened.Duration = time.GetElapsedTime(started);
                Complete(happened, context, problem);
                Record(happened);
            }
        }
    }

    private void Complete(AuditEvent happened, HttpContext context, ProblemType? problem)
    {
        if (happened.Client is null)
        {
            (happened.Client, happened.Subject) = identify(context.User);
        }

        if (problem is not null)
        {
            happened.Kind = AuditKind.Refusal;
        }

        happened.Status = context.Response.StatusCode;
        happened.Outcome = problem?.Slug ?? happened.Outcome ?? Outcome(context.Response.StatusCode);
        happened.Route = LoggedRequest.Route(context);
        happened.TraceId = LoggedRequest.TraceId(context);
    }

    /// <summary>
    /// Adds the feature with which a stream records its start. A method of its own, so that other requests allocate no closure.
    /// </summary>
    private void AddStreamAudit(AuditEvent happened, HttpContext context) =>
        context.Features.Set(new StreamAudit(() => RecordStart(happened, context)));

    /// <summary>Writes the event of a stream's start. The event of its end follows when the request ends.</summary>
    private void RecordStart(AuditEvent happened, HttpContext context)
    {
        var start = happened with { Kind = AuditKind.StreamStart };
        Complete(start, context, problem: null);
        start.WriteTo(_log);
        happened.Kind = AuditKind.StreamEnd;
    }

    private void Record(AuditEvent happened)
    {
        if (happened.IsUnlimitedRefusal)
        {
            refusals.Record(happened);
        }
        else
        {
            happened.WriteTo(_log);
        }
    }

    private static string Outcome(int status) => status == StatusCodes.Status304NotModified ? "not-modified" : "answered";
}

internal static class RequestAuditExtensions
{
    public static IServiceCollection AddAudit(this IServiceCollection services) => services
        .AddSingleton<RefusalTrail>()
        .AddHostedService(provider => provider.GetRequiredService<RefusalTrail>());

    /// <summary>Adds the middleware.</summary>
    /// <param name="app">The pipeline, without other middleware after routing.</param>
    /// <param name="identify">Returns the application and the person of a signed-in caller, otherwise nulls.</param>
    public static IApplicationBuilder UseAudit(
        this IApplicationBuilder app, Func<ClaimsPrincipal, (string? Client, string? Subject)> identify) =>
        app.UseMiddleware<RequestAudit>(identify);
}
