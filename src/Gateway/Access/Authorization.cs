using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace NclueGateway.Access;

/// <summary>What a caller has to be permitted for an endpoint.</summary>
internal enum Permission
{
    /// <summary>Nothing but to have signed in.</summary>
    SignedIn,

    /// <summary>To read task runs, as <see cref="Permissions"/> has decided.</summary>
    ReadTaskRuns,
}

/// <summary>Says of an endpoint who may use it.</summary>
internal sealed record RequiredPermission(Permission Permission);

/// <summary>
/// The one place where a request is let through to its endpoint or not. An endpoint that requires no permission is closed to everybody unless its
/// route is one of <see cref="OpenRoutes"/> or it says so itself (<c>[AllowAnonymous]</c>; none of the gateway's does). Goes after sign-in.
/// </summary>
/// <remarks>
/// Not the framework's middleware: for two questions it makes a scope of services and a dictionary for each request (docs/adr/0016). An endpoint that
/// asks for that one (<c>[Authorize]</c>, <c>RequireAuthorization()</c>) is closed as well, because nobody has called it.
/// </remarks>
internal sealed class Authorization(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var caller = context.User as SignedInCaller;
        return IsGranted(context.GetEndpoint(), caller) ? next(context) : caller is null ? context.ChallengeAsync() : context.ForbidAsync();
    }

    /// <summary>Whether the endpoint can be used without signing in: then a request for it is not authenticated either.</summary>
    public static bool IsOpen(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<RequiredPermission>() is null && IsOpenWithoutPermission(endpoint);

    private static bool IsOpenWithoutPermission(Endpoint? endpoint) =>
        OpenRoutes.Allow(endpoint) || endpoint?.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    private static bool IsGranted(Endpoint? endpoint, SignedInCaller? caller) => endpoint?.Metadata.GetMetadata<RequiredPermission>() switch
    {
        null => IsOpenWithoutPermission(endpoint),
        { Permission: Permission.ReadTaskRuns } => caller is { MayRead: true },
        { Permission: Permission.SignedIn } => caller is not null,
        _ => false,
    };
}

internal static class AuthorizationExtensions
{
    public static IServiceCollection AddPermissions(this IServiceCollection services) => services.AddSingleton<Permissions>();

    public static IApplicationBuilder UsePermissions(this IApplicationBuilder app)
    {
        app.UseMiddleware<Authorization>();

        // Some library adds the services of the framework's own; with them, the framework puts that one in front of everything unless it finds this.
        app.Properties["__AuthorizationMiddlewareSet"] = true;
        return app;
    }

    /// <summary>Lets those use the endpoint who are permitted that, and nobody else.</summary>
    public static TBuilder Require<TBuilder>(this TBuilder endpoint, Permission permission)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RequiredPermission(permission));
}
