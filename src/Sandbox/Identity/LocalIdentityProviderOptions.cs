using System.Net;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace NclueGateway.Sandbox.Identity;

/// <summary>How a <see cref="LocalIdentityProvider"/> starts.</summary>
internal sealed class LocalIdentityProviderOptions
{
    /// <summary>Where it listens. It is known as 127.0.0.1 in any case.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>0 for a free one.</summary>
    public int Port { get; init; }

    /// <summary>How long an access token is good for.</summary>
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Where the browser may be sent after sign-in; see also <see cref="LocalIdentityProvider.AllowRedirectsAsync"/>.</summary>
    public IReadOnlyCollection<Uri> RedirectUris { get; init; } = [];

    /// <summary>Where the browser may be sent after sign-out.</summary>
    public IReadOnlyCollection<Uri> PostLogoutRedirectUris { get; init; } = [];

    /// <summary>What tokens are signed with.</summary>
    public RsaSecurityKey SigningKey { get; } = new(RSA.Create(2048)) { KeyId = Guid.NewGuid().ToString("N") };

    /// <summary>The clock by which tokens are issued and expire.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
