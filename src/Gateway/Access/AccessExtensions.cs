using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;

namespace NclueGateway.Access;

/// <summary>
/// The services of authentication and authorization, and the policies that endpoints declare about their callers.
/// </summary>
internal static class AccessExtensions
{
    /// <summary>
    /// Adds the services that authenticate callers in every installation. Browser sign-in is added separately.
    /// </summary>
    public static IServiceCollection AddAccess(this IServiceCollection services, AuthOptions auth)
    {
        services
            .AddCrossOrigin(auth)
            .AddBearerAuthentication(auth)
            .AddSingleton<Permissions>()

            // Each refusal already has its line in the request log.
            .AddSingleton<ILogger<DefaultAuthorizationService>>(NullLogger<DefaultAuthorizationService>.Instance)

            // The framework's own classes as singletons. The framework registers them as transient, although neither
            // they nor their dependencies have state.
            .AddSingleton<IPolicyEvaluator, PolicyEvaluator>()
            .AddSingleton<IAuthorizationMiddlewareResultHandler, AuthorizationMiddlewareResultHandler>()
            .AddAuthorizationBuilder()
            .SetDefaultPolicy(Policy(context => context.User is AuthenticatedCaller))

            // Denies endpoints without a policy. An unknown path has no endpoint, and the router's own endpoints for 405 and 415
            // have no route: these pass.
            .SetFallbackPolicy(Policy(context =>
                context.Resource is HttpContext request && request.GetEndpoint() is not RouteEndpoint));
        return services;
    }

    /// <summary>Requires that the caller holds a permission.</summary>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder endpoint, Permission permission)
        where TBuilder : IEndpointConventionBuilder => endpoint
        .RequireAuthorization(Policy(context =>
            context.User is AuthenticatedCaller caller && caller.Permissions.Contains(permission)))
        .WithMetadata(permission);

    /// <summary>Applies a rate limit to requests to the endpoint.</summary>
    public static TBuilder WithRateLimit<TBuilder>(this TBuilder endpoint, RateLimit limit)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RateLimited(limit));

    private static AuthorizationPolicy Policy(Func<AuthorizationHandlerContext, bool> isGranted) =>
        new AuthorizationPolicyBuilder().RequireAssertion(isGranted).Build();
}
