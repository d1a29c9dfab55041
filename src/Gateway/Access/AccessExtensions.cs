using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Access.Sessions;

namespace NclueGateway.Access;

/// <summary>The composition of authentication, authorization and rate limits, and the policies of endpoints about them.</summary>
internal static class AccessExtensions
{
    /// <summary>Adds what every gateway needs to know its callers. Browser sign-in comes on top.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services, AuthOptions auth)
    {
        services
            .AddCrossOrigin(auth)
            .AddBearerSignIn(auth)
            .AddSingleton<Permissions>()
            .AddSingleton<ILogger<DefaultAuthorizationService>>(NullLogger<DefaultAuthorizationService>.Instance) // a refusal has its line in the request log
            .AddAuthorizationBuilder()
            .SetDefaultPolicy(Policy(context => context.User is SignedInCaller))

            // Denies endpoints without a policy. No endpoint is a wrong path, and the router's own, which have no route, respond 405 and 415.
            .SetFallbackPolicy(Policy(context => context.Resource is HttpContext request && request.GetEndpoint() is not RouteEndpoint));
        return services;
    }

    /// <summary>Authenticates and authorizes requests, within their rate limits. Comes after routing and CORS.</summary>
    public static void UseAccess(this WebApplication app)
    {
        app.UseMiddleware<AnonymousQuota>();
        app.UseSignIn();
        app.UseSessionGuard(); // before the quota: another site must not use up what belongs to the person
        app.UseMiddleware<CallerQuota>(); // before authorization, whose refusals count
        app.UseAuthorization();
    }

    /// <summary>Requires that the caller holds a permission.</summary>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder endpoint, Permission permission)
        where TBuilder : IEndpointConventionBuilder => endpoint
        .RequireAuthorization(Policy(context => context.User is SignedInCaller caller && caller.Permissions.Contains(permission)))
        .WithMetadata(permission);

    private static AuthorizationPolicy Policy(Func<AuthorizationHandlerContext, bool> isGranted) =>
        new AuthorizationPolicyBuilder().RequireAssertion(isGranted).Build();
}
