using System.Security.Cryptography;
using System.Text;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// What sessions are bound to: the identity provider that vouches for them, the client that the gateway is there, and its audience. Two
/// gateways that differ in one of them share no session and no sign-in, even with one Redis, one <c>Cache:KeyPrefix</c> and one certificate.
/// </summary>
internal sealed class SessionScope(AuthOptions auth, BrowserSessionOptions options)
{
    /// <summary>A name for all of it, for keys in Redis and for the purposes of protectors.</summary>
    /// <value>128 bits of a SHA-256 in hexadecimal digits. No setting holds a line break, so that they cannot run into each other.</value>
    public string Name { get; } = Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{auth.Authority.TrimEnd('/')}\n{auth.Issuer}\n{options.ClientId}\n{auth.Audience}")).AsSpan(0, 16));
}
