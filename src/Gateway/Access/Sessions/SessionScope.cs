using System.Security.Cryptography;
using System.Text;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Scope of sessions: the identity provider, the gateway's client id there, and its first audience. Two gateways that differ in
/// one of them share no session and no sign-in, even with the same Redis, <c>Cache:KeyPrefix</c> and certificate.
/// </summary>
internal sealed class SessionScope(AuthOptions auth, BrowserSessionOptions options)
{
    /// <summary>Name of the scope, for keys in Redis and for the purposes of protectors.</summary>
    /// <value>128 bits of a SHA-256 in hexadecimal digits. No setting contains a line break, so the joined values are unambiguous.</value>
    public string Name { get; } = Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(
            $"{auth.Authority.TrimEnd('/')}\n{auth.Issuer}\n{options.ClientId}\n{auth.AcceptedAudiences[0]}")).AsSpan(0, 16));
}
