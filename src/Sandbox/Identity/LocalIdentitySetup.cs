using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace NclueGateway.Sandbox.Identity;

/// <summary>Configures OpenIddict for <see cref="LocalIdentityProvider"/>.</summary>
internal static class LocalIdentitySetup
{
    public static void AddLocalIdentity(this IServiceCollection services, LocalIdentityProviderOptions options)
    {
        var database = $"sandbox-{Guid.NewGuid()}";
        services.AddRouting();
        services.AddAuthentication();
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddDbContext<DbContext>(context => context.UseInMemoryDatabase(database).UseOpenIddict());
        services.AddOpenIddict()
            .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<DbContext>())
            .AddServer(server => Configure(server, options));
    }

    private static void Configure(OpenIddictServerBuilder server, LocalIdentityProviderOptions options)
    {
        server.SetAuthorizationEndpointUris(LocalIdentityEndpoints.Authorize)
            .SetTokenEndpointUris(LocalIdentityEndpoints.Token)
            .SetUserInfoEndpointUris(LocalIdentityEndpoints.UserInfo)
            .SetEndSessionEndpointUris(LocalIdentityEndpoints.EndSession);

        server.AllowClientCredentialsFlow().AllowAuthorizationCodeFlow().AllowRefreshTokenFlow().RequireProofKeyForCodeExchange();
        server.RegisterScopes(Scopes.Profile, LocalIdentityProvider.ReadScope);
        server.SetAccessTokenLifetime(options.AccessTokenLifetime);
        server.Configure(configured => configured.TimeProvider = options.TimeProvider);

        // Access tokens are signed but not encrypted JWTs, as most providers issue them. Codes and refresh tokens stay
        // encrypted.
        server.AddSigningKey(options.SigningKey).DisableAccessTokenEncryption();
        server.AddEncryptionKey(new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32)));

        server.AddEventHandler<HandleTokenRequestContext>(handler => handler.UseInlineHandler(SignServiceIn));
        server.AddEventHandler<HandleUserInfoRequestContext>(handler => handler.UseInlineHandler(DescribeUser));
        server.UseAspNetCore()
            .DisableTransportSecurityRequirement()
            .EnableAuthorizationEndpointPassthrough()
            .EnableEndSessionEndpointPassthrough();
    }

    /// <summary>Signs a service client in. Codes and refresh tokens already contain their principal.</summary>
    private static ValueTask SignServiceIn(HandleTokenRequestContext context)
    {
        if (context.Request.IsClientCredentialsGrantType())
        {
            var client = context.Request.ClientId!;
            context.SignIn(SandboxUser.Principal(client, client, context.Request.GetScopes()));
        }

        return ValueTask.CompletedTask;
    }

    private static ValueTask DescribeUser(HandleUserInfoRequestContext context)
    {
        context.Claims[Claims.Name] = context.AccessTokenPrincipal.GetClaim(Claims.Name);
        return ValueTask.CompletedTask;
    }
}
