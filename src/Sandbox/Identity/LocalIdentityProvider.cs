using System.Buffers.Text;
using System.Security.Cryptography;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace NclueGateway.Sandbox.Identity;

/// <summary>
/// An OpenID provider on 127.0.0.1 that keeps all state in memory (OpenIddict). It has real discovery, keys, client
/// credentials, authorization code with PKCE, refresh tokens, user info and sign-out. It serves one service client, one
/// gateway and the users of <see cref="SandboxUser"/>. Keys and secrets are new at each start. Never expose it: any
/// client can sign in as any user.
/// </summary>
internal sealed class LocalIdentityProvider : IAsyncDisposable
{
    /// <summary>The audience (<c>aud</c>) of every access token.</summary>
    public const string Audience = "nclue-gateway";

    /// <summary>The scope that permits reading task runs.</summary>
    public const string ReadScope = "task-runs:read";

    /// <summary>The client of the client credentials flow.</summary>
    public const string ServiceClientId = "reporting";

    /// <summary>The confidential client of the authorization code flow.</summary>
    public const string BrowserClientId = "nclue-gateway";

    private readonly WebApplication _app;
    private readonly LocalIdentityClient _client;

    private LocalIdentityProvider(WebApplication app)
    {
        _app = app;
        Authority = LoopbackHost.AddressOf(app);
        _client = new LocalIdentityClient(this);
        app.Services.GetRequiredService<BackChannelLogout>().Issuer = Authority;
    }

    /// <summary>The issuer: <c>http://127.0.0.1:5082/</c>.</summary>
    public Uri Authority { get; }

    public string ServiceClientSecret { get; } = NewSecret();

    public string BrowserClientSecret { get; } = NewSecret();

    public static async Task<LocalIdentityProvider> StartAsync(LocalIdentityProviderOptions options, CancellationToken cancellationToken)
    {
        var builder = LoopbackHost.CreateBuilder(options.Port, address: options.Listen);
        builder.Services.AddLocalIdentity(options);
        builder.Services.AddSingleton(options).AddSingleton<BackChannelLogout>();
        var app = builder.Build();
        try
        {
            app.MapLocalIdentity();
            await app.StartAsync(cancellationToken);
            var provider = new LocalIdentityProvider(app);
            await provider.RegisterClientsAsync(options, cancellationToken);
            return provider;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Allows a gateway to sign users in, and notifies it when a user's sessions end.</summary>
    public async Task AllowGatewayAsync(Uri gateway, CancellationToken cancellationToken)
    {
        await AllowRedirectsAsync([new(gateway, "/session/callback")], [], cancellationToken);
        _app.Services.GetRequiredService<BackChannelLogout>().Receivers.Add(new(gateway, "/session/backchannel-logout"));
    }

    /// <summary>Adds addresses to which the browser may be redirected after sign-in and after sign-out.</summary>
    public async Task AllowRedirectsAsync(
        IEnumerable<Uri> redirectUris, IEnumerable<Uri> postLogoutRedirectUris, CancellationToken cancellationToken)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        var clients = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        var client = await clients.FindByClientIdAsync(BrowserClientId, cancellationToken)
            ?? throw new InvalidOperationException($"The client {BrowserClientId} is not registered.");
        var descriptor = new OpenIddictApplicationDescriptor();
        await clients.PopulateAsync(descriptor, client, cancellationToken);
        descriptor.RedirectUris.UnionWith(redirectUris);
        descriptor.PostLogoutRedirectUris.UnionWith(postLogoutRedirectUris);
        await clients.UpdateAsync(client, descriptor, cancellationToken);
    }

    /// <summary>Requests an access token of the service client over HTTP.</summary>
    /// <exception cref="HttpRequestException">The provider refused.</exception>
    public Task<string> GetServiceTokenAsync(CancellationToken cancellationToken) => _client.GetServiceTokenAsync(cancellationToken);

    /// <summary>
    /// Gets an access token of <c>reader</c> or <c>outsider</c> by the authorization code flow over HTTP.
    /// </summary>
    /// <exception cref="HttpRequestException">The provider refused.</exception>
    public Task<string> GetUserTokenAsync(string user, CancellationToken cancellationToken) =>
        _client.GetUserTokenAsync(user, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private async Task RegisterClientsAsync(LocalIdentityProviderOptions options, CancellationToken cancellationToken)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        var clients = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        await clients.CreateAsync(
            new OpenIddictApplicationDescriptor
            {
                ClientId = ServiceClientId,
                ClientSecret = ServiceClientSecret,
                Permissions =
                {
                    Permissions.Endpoints.Token,
                    Permissions.GrantTypes.ClientCredentials,
                    Permissions.Prefixes.Scope + ReadScope,
                },
            },
            cancellationToken);

        var browser = new OpenIddictApplicationDescriptor
        {
            ClientId = BrowserClientId,
            ClientSecret = BrowserClientSecret,
            RedirectUris = { LocalIdentityClient.RedirectUri },
            Permissions =
            {
                Permissions.Endpoints.Authorization,
                Permissions.Endpoints.EndSession,
                Permissions.Endpoints.Token,
                Permissions.GrantTypes.AuthorizationCode,
                Permissions.GrantTypes.RefreshToken,
                Permissions.ResponseTypes.Code,
                Permissions.Scopes.Profile,
                Permissions.Prefixes.Scope + ReadScope,
            },
        };
        browser.RedirectUris.UnionWith(options.RedirectUris);
        browser.PostLogoutRedirectUris.UnionWith(options.PostLogoutRedirectUris);
        await clients.CreateAsync(browser, cancellationToken);
    }

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
