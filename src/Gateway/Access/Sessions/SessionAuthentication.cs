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
using NclueGateway.Access.RateLimits;
using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Sign-in with a browser: the authorization code flow with PKCE (RFC 7636) on the server, and a session cookie (RFC
/// 10017 calls it a backend for frontend). For a request with an <c>Authorization</c> header only the bearer scheme is
/// used, otherwise only the cookie.
/// </summary>
internal static class SessionAuthentication
{
    /// <summary>Application name of the keys: the same for all replicas, regardless of the folder that they run in.</summary>
    private const string ApplicationName = "nclue-gateway";

    private const string CallerScheme = "caller";

    /// <param name="services">The services.</param>
    /// <param name="options">The validated settings.</param>
    /// <param name="auth">The settings of the identity provider.</param>
    /// <param name="keyPrefix">Prefix of the keys in Redis.</param>
    /// <param name="isShared">True if replicas share sessions through Redis.</param>
    public static IServiceCollection AddSessions(
        this IServiceCollection services, BrowserSessionOptions options, AuthOptions auth, string keyPrefix, bool isShared)
    {
        var scope = new SessionScope(auth, options);
        services.AddSingleton(options).AddSingleton<LastingAccess>().AddKeys(options, keyPrefix, isShared);
        services.ConfigureSwaggerGen(SessionOpenApi.AddScheme);
        if (!options.IsOn)
        {
            return services;
        }

        services
            .AddDistributedMemoryCache() // replaced where Redis is configured
            .AddSingleton(scope)
            .AddSingleton(new SignInAddress(SessionConstants.Login))
            .AddSingleton(provider =>
                ActivatorUtilities.CreateInstance<SessionKeyValueStore>(provider, $"{keyPrefix}:session:{scope.Name}:"))
            .AddSingleton<SessionRepository>()
            .AddSingleton<SessionCache>()
            .AddSingleton(CreateLookupLimit)
            .AddSingleton<SessionRevalidator>()
            .AddSingleton<OidcClient>()
            .AddSingleton<SignOut>()
            .AddSingleton<ClaimsCollector>()
            .AddSingleton<LogoutTokenValidator>()
            .AddSingleton<GatewayOpenIdConnectEvents>()
            .AddExceptionHandler<SessionStoreUnavailableHandler>();
        services.AddAuthentication(CallerScheme)
            .AddPolicyScheme(CallerScheme, null, scheme => scheme.ForwardDefaultSelector =
                context => context.Request.Headers.Authorization.Count > 0
                    ? JwtBearerDefaults.AuthenticationScheme
                    : SessionConstants.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthenticationHandler>(SessionConstants.SchemeName, null)
            .AddRemoteScheme<OpenIdConnectOptions, GatewayOpenIdConnectHandler>(OpenIdConnectDefaults.AuthenticationScheme, null, null);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<OpenIdConnectOptions>, OpenIdConnectPostConfigureOptions>());
        services.AddOptions<OpenIdConnectOptions>(OpenIdConnectDefaults.AuthenticationScheme)
            .Configure<OidcMetadataCache, IdTokenHandler, TimeProvider>(
                (oidc, keys, tokens, time) => Configure(oidc, options, keys, tokens, time))
            .Configure<IDataProtectionProvider>((oidc, protection) =>
                oidc.DataProtectionProvider = protection.CreateProtector("NclueGateway.SignIn", "v2", scope.Name));
        return services;
    }

    private static void Configure(
        OpenIdConnectOptions oidc,
        BrowserSessionOptions options,
        OidcMetadataCache keys,
        IdTokenHandler tokens,
        TimeProvider time)
    {
        oidc.ClientId = options.ClientId;
        oidc.ConfigurationManager = new Issuer(keys);
        oidc.TokenHandler = tokens; // uses the latest keys of the provider
        oidc.TokenValidationParameters = TokenValidation.ForIdToken(options.ClientId, time);
        oidc.MapInboundClaims = false;
        oidc.EventsType = typeof(GatewayOpenIdConnectEvents);

        // RFC 9700 §2.1.1: code flow. With response_mode=query the callback is a navigation, which carries a Lax cookie.
        oidc.ResponseType = OpenIdConnectResponseType.Code;
        oidc.ResponseMode = OpenIdConnectResponseMode.Query;
        oidc.UsePkce = true;
        // The framework's pushed authorization request does not authenticate the client.
        oidc.PushedAuthorizationBehavior = PushedAuthorizationBehavior.Disable;
        oidc.SaveTokens = false;
        oidc.DisableTelemetry = true;
        oidc.SignInScheme = SessionConstants.SchemeName;

        oidc.CallbackPath = SessionConstants.Callback;
        oidc.RemoteSignOutPath = PathString.Empty; // a page elsewhere could sign people out
        oidc.SignedOutCallbackPath = PathString.Empty;
        PendingSignIns.Configure(oidc);
    }

    /// <summary>
    /// Creates the rate limit of lookups that find no session. An invented cookie costs the store several commands and
    /// belongs to no caller, so no other quota counts it.
    /// </summary>
    private static TokenBuckets<AddressRange> CreateLookupLimit(IServiceProvider services)
    {
        var perSecond = services.GetRequiredService<QuotaOptions>().AnonymousPerSecond;
        return new(perSecond, perSecond, services.GetRequiredService<TimeProvider>());
    }

    private static void AddKeys(this IServiceCollection services, BrowserSessionOptions options, string keyPrefix, bool isShared)
    {
        var protection = services.AddDataProtection().SetApplicationName(ApplicationName);
        if (!options.IsOn || !isShared)
        {
            // The keys protect only data that is lost with the process, and there may be no writable folder.
            services.AddOptions<KeyManagementOptions>().Configure(keys =>
                (keys.XmlRepository, keys.XmlEncryptor) = (new InMemoryKeyRepository(), new NullXmlEncryptor()));
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

    /// <summary>Provides the metadata of <see cref="OidcMetadataCache"/>, so that they are fetched once and by its rules.</summary>
    private sealed class Issuer(OidcMetadataCache keys) : IConfigurationManager<OpenIdConnectConfiguration>
    {
        public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel) =>
            await keys.GetAsync() ?? throw new OidcProviderException("The provider's metadata cannot be fetched.");

        public void RequestRefresh()
        {
            // IdTokenHandler refreshes when it finds an unknown key.
        }
    }
}
