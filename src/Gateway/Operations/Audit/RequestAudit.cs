using System.Diagnostics;
using System.Security.Claims;
using Microsoft.AspNetCore.Diagnostics;

namespace NclueGateway.Operations.Audit;

/// <summary>
/// One event for each request to an <see cref="AuditedEndpoint"/> that got something or was refused. Comes after routing and around everything else,
/// so that it sees the status that is sent.
/// </summary>
/// <param name="next">Everything else.</param>
/// <param name="trail">Where events of callers go.</param>
/// <param name="refusals">Where refusals go whose number no quota limits.</param>
/// <param name="time">The clock that durations are taken by.</param>
/// <param name="identify">The application and the person that somebody signed in is; nulls for everybody else.</param>
internal sealed class RequestAudit(
    RequestDelegate next, AuditTrail trail, RefusalTrail refusals, TimeProvider time, Func<ClaimsPrincipal, (string? Client, string? Subject)> identify)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!trail.IsOn || context.GetEndpoint()?.Metadata.GetMetadata<AuditedEndpoint>() is null)
        {
            return next(context);
        }

        var notes = new AuditNotes();
        context.Features.Set(notes);
        return next.ThenAsync(context, (Audit: this, Notes: notes, Started: time.GetTimestamp()), static (context, state, _) =>
        {
            // Neither: somebody who left before there was an answer, or a step on the way to a sign-in.
            if (state.Notes.Kind is not null || state.Notes.Problem is not null)
            {
                state.Audit.Record(context, state.Notes, state.Started);
            }
        });
    }

    private void Record(HttpContext context, AuditNotes notes, long started)
    {
        var happened = ToEvent(context, notes, time.GetElapsedTime(started));
        if (RefusalTrail.Takes(happened))
        {
            refusals.Record(happened);
        }
        else
        {
            trail.Record(happened);
        }
    }

    private AuditEvent ToEvent(HttpContext context, AuditNotes notes, TimeSpan duration)
    {
        var (client, subject) = notes.Caller ?? identify(context.User);
        var kind = notes.Problem is null ? notes.Kind!.Value : AuditKind.Refusal;
        return new(kind, notes.Problem ?? Outcome(context.Response.StatusCode))
        {
            Status = context.Response.StatusCode,
            Subject = subject,
            Client = client,
            Route = (Endpoint(context) as RouteEndpoint)?.RoutePattern.RawText,
            Index = notes.Index,
            Limit = notes.Limit,
            Cache = notes.Cache,
            Time = time.GetUtcNow().UtcDateTime,
            Duration = duration,
            TraceId = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier,
        };
    }

    private static string Outcome(int status) => status == StatusCodes.Status304NotModified ? "not-modified" : "answered";

    /// <summary>The handler of exceptions takes the endpoint away and keeps it here.</summary>
    private static Endpoint? Endpoint(HttpContext context) =>
        context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
}

internal static class RequestAuditExtensions
{
    public static IServiceCollection AddAudit(this IServiceCollection services) => services
        .AddSingleton<AuditTrail>()
        .AddHostedService(provider => provider.GetRequiredService<AuditTrail>())
        .AddSingleton<RefusalTrail>()
        .AddHostedService(provider => provider.GetRequiredService<RefusalTrail>());

    /// <param name="app">Where it is added: before everything else.</param>
    /// <param name="identify">The application and the person that somebody signed in is; nulls for everybody else.</param>
    public static IApplicationBuilder UseAudit(
        this IApplicationBuilder app, Func<ClaimsPrincipal, (string? Client, string? Subject)> identify) =>
        app.UseMiddleware<RequestAudit>(identify);
}
