using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Authentication with an access token of the company's identity provider, sent in the Authorization header only
/// (RFC 6750 §2.1).
/// </summary>
internal static class BearerAuthentication
{
    /// <summary>Adds the health check of the provider's keys.</summary>
    public static IServiceCollection AddProviderHealth(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck<ProviderHealth>("provider");
        return services;
    }

    /// <summary>
    /// Fetches the provider's keys only after the server listens, because creating the first HTTP client is half of the
    /// work of a startup.
    /// </summary>
    public static void FetchProviderKeys(this WebApplication app)
    {
        var keys = app.Services.GetRequiredService<OidcMetadataCache>();
        app.Lifetime.ApplicationStarted.Register(() => _ = keys.AreKnown); // starts the fetch and does not wait for it
    }

    /// <param name="services">The services.</param>
    /// <param name="options">The validated settings.</param>
    public static IServiceCollection AddBearerAuthentication(this IServiceCollection services, AuthOptions options)
    {
        services.TryAddSingleton(options);
        services.TryAddSingleton(new SignInAddress(null));
        services.AddSingleton<OidcMetadataCache>();
        services.AddSingleton<IdTokenHandler>();
        services.AddSingleton<AccessTokenHandler>();
        services.AddSingleton<TokenCache>();
        services.AddSingleton<GatewayJwtBearerEvents>();
        services.AddAuthentication().AddJwtBearer(); // the default as long as it is the only scheme: browser sign-in sets another
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<AccessTokenHandler, GatewayJwtBearerEvents, TimeProvider>((bearer, tokens, challenges, time) =>
            {
                // No Authority: with one the framework's handler would fetch keys itself (see OidcMetadataCache).
                bearer.MapInboundClaims = false;
                bearer.TokenHandlers.Clear();
                bearer.TokenHandlers.Add(tokens);
                bearer.TokenValidationParameters = TokenValidation.ForAccess(options, time);
                bearer.SaveToken = false; // the token is not needed later
                bearer.Events = challenges;
            });
        return services;
    }
}
