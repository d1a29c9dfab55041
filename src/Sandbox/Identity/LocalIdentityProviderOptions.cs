using System.Net;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace NclueGateway.Sandbox.Identity;

/// <summary>Options of a <see cref="LocalIdentityProvider"/>.</summary>
internal sealed class LocalIdentityProviderOptions
{
    /// <summary>Address to listen on. The provider is addressed as 127.0.0.1 in any case.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>Port to listen on; 0 for a free port.</summary>
    public int Port { get; init; }

    /// <summary>Lifetime of an access token; one hour by default.</summary>
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Addresses to which the browser may be redirected after sign-in; see also
    /// <see cref="LocalIdentityProvider.AllowRedirectsAsync"/>.
    /// </summary>
    public IReadOnlyCollection<Uri> RedirectUris { get; init; } = [];

    /// <summary>Addresses to which the browser may be redirected after sign-out.</summary>
    public IReadOnlyCollection<Uri> PostLogoutRedirectUris { get; init; } = [];

    /// <summary>Key that signs the tokens.</summary>
    public RsaSecurityKey SigningKey { get; } = new(RSA.Create(2048)) { KeyId = Guid.NewGuid().ToString("N") };

    /// <summary>Clock that determines when tokens are issued and expire.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
