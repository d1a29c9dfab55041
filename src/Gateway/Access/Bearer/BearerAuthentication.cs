using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Authentication with an access token of the company's identity provider, sent in the Authorization header only
/// (RFC 6750 §2.1).
/// </summary>
internal static class BearerAuthentication
{
    /// <summary>Adds the health check of the provider's keys, which also has them fetched at startup.</summary>
    public static IServiceCollection AddProviderHealth(this IServiceCollection services)
    {
        services.AddSingleton<ProviderHealth>().AddHostedService(provider => provider.GetRequiredService<ProviderHealth>());
        services.AddHealthChecks().AddCheck<ProviderHealth>("provider");
        return services;
    }

    /// <param name="services">The services.</param>
    /// <param name="options">The validated settings.</param>
    public static IServiceCollection AddBearerAuthentication(this IServiceCollection services, AuthOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(options);
        services.TryAddSingleton(new SignInAddress(null));
        services.AddSingleton<OidcMetadataCache>();
        services.AddSingleton<IdTokenHandler>();
        services.AddSingleton<AccessTokenHandler>();
        services.AddSingleton<TokenCache>();
        services.AddSingleton<TokenCacheMiddleware>();
        services.AddSingleton<GatewayJwtBearerEvents>();
        services.AddAuthentication().AddJwtBearer();
        services.AddOptions<AuthenticationOptions>()
            .PostConfigure(schemes => schemes.DefaultScheme ??= JwtBearerDefaults.AuthenticationScheme);
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<AccessTokenHandler, GatewayJwtBearerEvents, TimeProvider>((bearer, tokens, challenges, time) =>
            {
                // No Authority: with one the shipped handler would fetch keys itself (see OidcMetadataCache).
                bearer.MapInboundClaims = false;
                bearer.TokenHandlers.Clear();
                bearer.TokenHandlers.Add(tokens);
                bearer.TokenValidationParameters = TokenValidation.ForAccess(options, time);
                bearer.SaveToken = false; // the token is not needed later
                bearer.Events = challenges;
            });
        return services;
    }

    /// <summary>
    /// Authenticates requests to endpoints that need it: by the token cache, else by the framework's handlers. A made-up
    /// cookie or token on an open path costs nothing. Comes after routing.
    /// </summary>
    public static void UseCachedAuthentication(this WebApplication app)
    {
        var known = app.Services.GetRequiredService<TokenCacheMiddleware>();
        RequestDelegate rest = null!;
        app.Use(handlers => context =>
            NeedsAuthentication(context.GetEndpoint()) && !known.TrySignIn(context) ? handlers(context) : rest(context));
        app.UseAuthentication(); // not in a branch: the framework would add its own middleware in front of everything
        app.Use(next => rest = next);
    }

    /// <summary>Returns true if the endpoint requires an authenticated caller: all do that do not allow anonymous callers.</summary>
    public static bool IsClosed(Endpoint? endpoint) =>
        endpoint is RouteEndpoint && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null;

    private static bool NeedsAuthentication(Endpoint? endpoint) =>
        IsClosed(endpoint) || endpoint?.Metadata.GetMetadata<OptionalAuthentication>() is not null;
}
