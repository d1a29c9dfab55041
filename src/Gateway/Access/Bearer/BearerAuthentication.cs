using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Sign-in with an access token of the company's identity provider, in the Authorization header and nowhere else (RFC 6750 §2.1).
/// </summary>
internal static class BearerAuthentication
{
    /// <summary>Has the provider asked for its keys at start, and the gateway ready only once they are there.</summary>
    public static IServiceCollection AddProviderHealth(this IServiceCollection services)
    {
        services.AddSingleton<ProviderHealth>().AddHostedService(provider => provider.GetRequiredService<ProviderHealth>());
        services.AddHealthChecks().AddCheck<ProviderHealth>("provider");
        return services;
    }

    /// <param name="services">Where it is added.</param>
    /// <param name="options">Validated by whoever read them.</param>
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
        services.AddOptions<AuthenticationOptions>().PostConfigure(schemes => schemes.DefaultScheme ??= JwtBearerDefaults.AuthenticationScheme);
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<AccessTokenHandler, GatewayJwtBearerEvents, TimeProvider>((bearer, tokens, challenges, time) =>
            {
                // No Authority: it would make the shipped handler fetch keys by itself (see OidcMetadataCache).
                bearer.MapInboundClaims = false;
                bearer.TokenHandlers.Clear();
                bearer.TokenHandlers.Add(tokens);
                bearer.TokenValidationParameters = TokenValidation.ForAccess(options, time);
                bearer.SaveToken = false; // nobody asks for it
                bearer.Events = challenges;
            });
        return services;
    }

    /// <summary>
    /// Authenticates requests to endpoints that need it: by a token that is known to be good, else by the framework's handlers. A made-up cookie
    /// or token on an open path costs nothing. Comes after routing.
    /// </summary>
    public static void UseCachedAuthentication(this WebApplication app)
    {
        var known = app.Services.GetRequiredService<TokenCacheMiddleware>();
        RequestDelegate rest = null!;
        app.Use(handlers => context => NeedsAuthentication(context.GetEndpoint()) && !known.TrySignIn(context) ? handlers(context) : rest(context));
        app.UseAuthentication(); // not in a branch: the framework would put its own in front of everything
        app.Use(next => rest = next);
    }

    /// <summary>Whether the endpoint requires an authenticated caller: each does that does not allow anonymous ones.</summary>
    public static bool IsClosed(Endpoint? endpoint) => endpoint is RouteEndpoint && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null;

    private static bool NeedsAuthentication(Endpoint? endpoint) =>
        IsClosed(endpoint) || endpoint?.Metadata.GetMetadata<OptionalAuthentication>() is not null;
}
