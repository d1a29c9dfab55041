using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Sign-in with a browser: the authorization code flow with PKCE (RFC 7636) on the server, and a session cookie (RFC 10017 calls it a backend
/// for frontend). An <c>Authorization</c> header selects the bearer scheme and only that; otherwise the cookie counts.
/// </summary>
internal static class SessionAuthentication
{
    /// <summary>The application that the keys belong to: the same for all replicas, whatever folder they run in.</summary>
    private const string ApplicationName = "nclue-gateway";

    private const string CallerScheme = "caller";

    /// <param name="services">Where it is added.</param>
    /// <param name="options">Validated by whoever read them.</param>
    /// <param name="auth">The provider that vouches for them.</param>
    /// <param name="keyPrefix">What the keys in Redis begin with.</param>
    /// <param name="isShared">Whether replicas share sessions through Redis.</param>
    public static IServiceCollection AddSessions(
        this IServiceCollection services, BrowserSessionOptions options, AuthOptions auth, string keyPrefix, bool isShared)
    {
        var scope = new SessionScope(auth, options);
        services.AddSingleton(options).AddKeys(options, keyPrefix, isShared);
        services.ConfigureSwaggerGen(SessionOpenApi.AddScheme);
        if (!options.IsOn)
        {
            return services;
        }

        services
            .AddDistributedMemoryCache() // unless Redis is there
            .AddSingleton(scope)
            .AddSingleton(new SignInAddress(SessionConstants.Login))
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<SessionKeyValueStore>(provider, $"{keyPrefix}:session:{scope.Name}:"))
            .AddSingleton<SessionRepository>()
            .AddSingleton<SessionCache>()
            .AddSingleton<SessionLookupLimit>()
            .AddSingleton<SessionRevalidator>()
            .AddSingleton<OidcClient>()
            .AddSingleton<ClaimsCollector>()
            .AddSingleton<IdTokenValidator>()
            .AddSingleton<LogoutTokenValidator>()
            .AddSingleton<GatewayOpenIdConnectEvents>()
            .AddExceptionHandler<SessionStoreUnavailableAnswer>();
        services.AddAuthentication(CallerScheme)
            .AddPolicyScheme(CallerScheme, null, scheme => scheme.ForwardDefaultSelector =
                context => context.Request.Headers.Authorization.Count > 0 ? JwtBearerDefaults.AuthenticationScheme : SessionConstants.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthenticationHandler>(SessionConstants.SchemeName, null)
            .AddRemoteScheme<OpenIdConnectOptions, GatewayOpenIdConnectHandler>(OpenIdConnectDefaults.AuthenticationScheme, null, null);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<OpenIdConnectOptions>, OpenIdConnectPostConfigureOptions>());
        services.AddOptions<OpenIdConnectOptions>(OpenIdConnectDefaults.AuthenticationScheme)
            .Configure<OidcMetadataCache, IdTokenHandler, TimeProvider>((oidc, keys, tokens, time) => Configure(oidc, options, keys, tokens, time))
            .Configure<IDataProtectionProvider>((oidc, protection) =>
                oidc.DataProtectionProvider = protection.CreateProtector("NclueGateway.SignIn", "v2", scope.Name));
        return services;
    }

    private static void Configure(OpenIdConnectOptions oidc, BrowserSessionOptions options, OidcMetadataCache keys, IdTokenHandler tokens, TimeProvider time)
    {
        oidc.ClientId = options.ClientId;
        oidc.ConfigurationManager = new Issuer(keys);
        oidc.TokenHandler = tokens; // it has the provider's keys, the latest included
        oidc.TokenValidationParameters = IdTokenValidator.Rules(options, time);
        oidc.MapInboundClaims = false;
        oidc.EventsType = typeof(GatewayOpenIdConnectEvents);

        // RFC 9700 §2.1.1. With the query the callback is a plain navigation, to which a Lax cookie belongs.
        oidc.ResponseType = OpenIdConnectResponseType.Code;
        oidc.ResponseMode = OpenIdConnectResponseMode.Query;
        oidc.UsePkce = true;
        oidc.PushedAuthorizationBehavior = PushedAuthorizationBehavior.Disable; // the shipped request for it does not prove who the client is
        oidc.SaveTokens = false;
        oidc.DisableTelemetry = true;
        oidc.SignInScheme = SessionConstants.SchemeName;

        oidc.CallbackPath = SessionConstants.Callback;
        oidc.RemoteSignOutPath = PathString.Empty; // a page elsewhere could sign people out
        oidc.SignedOutCallbackPath = PathString.Empty;
        PendingSignIns.Configure(oidc);
    }

    private static void AddKeys(this IServiceCollection services, BrowserSessionOptions options, string keyPrefix, bool isShared)
    {
        var protection = services.AddDataProtection().SetApplicationName(ApplicationName);
        if (!options.IsOn || !isShared)
        {
            // What they protect does not outlive the process either, and there may be no place to write.
            services.AddOptions<KeyManagementOptions>().Configure(keys => (keys.XmlRepository, keys.XmlEncryptor) = (new InMemoryKeyRepository(), new NullXmlEncryptor()));
            return;
        }

        services
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<RedisKeyRepository>(provider, $"{keyPrefix}:data-protection-keys"))
            .AddHostedService(provider => provider.GetRequiredService<RedisKeyRepository>())
            .AddOptions<KeyManagementOptions>().Configure<RedisKeyRepository>((keys, ring) => keys.XmlRepository = ring);
        if (options.ReadCertificate() is { } certificate)
        {
            protection.ProtectKeysWithCertificate(certificate);
            services.AddSingleton(new KeySeal(certificate));
        }
    }

    /// <summary>The provider's metadata as <see cref="OidcMetadataCache"/> has them, so that they are fetched by one and by its rules.</summary>
    private sealed class Issuer(OidcMetadataCache keys) : IConfigurationManager<OpenIdConnectConfiguration>
    {
        public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel) =>
            await keys.GetAsync() ?? throw new OidcProviderException("The provider's metadata cannot be fetched.");

        public void RequestRefresh()
        {
            // IdTokenHandler does, when it meets an unknown key.
        }
    }
}
