using System.ComponentModel.DataAnnotations;
using System.Net;

namespace NclueGateway.Http;

/// <summary>
/// HTTP proxy for outgoing requests. A request to an https address goes through a tunnel (<c>CONNECT</c>, RFC 9110 §9.3.6), so the
/// proxy sees only the host and the port.
/// </summary>
/// <param name="section">The section whose settings <c>Proxy</c>, <c>ProxyUser</c> and <c>ProxyPassword</c> these are.</param>
/// <param name="address">The address; empty for none.</param>
/// <param name="user">The user name for the proxy; empty for none.</param>
/// <param name="password">The password that belongs to it.</param>
internal sealed class EgressProxy(string section, string address, string user, string password)
{
    /// <summary>True if requests go through the proxy.</summary>
    public bool IsSet => address.Length > 0;

    /// <summary>Phrase that names the proxy by its setting, for callers and operators.</summary>
    public string Name => $"the proxy ({section}:Proxy)";

    /// <summary>Returns the proxy for an HTTP handler; null for none.</summary>
    public WebProxy? Create()
    {
        if (!IsSet)
        {
            return null;
        }

        var proxy = new Uri(address);

        // Basic only (RFC 7617). If a proxy also offers Negotiate, the handler would prefer it, and fail without a Kerberos library.
        return new(proxy)
        {
            Credentials = user.Length > 0 ? new CredentialCache { { proxy, "Basic", new NetworkCredential(user, password) } } : null,
        };
    }

    /// <summary>Returns the mistakes in the settings. No message quotes the address, because it may contain a password.</summary>
    public IEnumerable<ValidationResult> Validate()
    {
        var isAddress = Uri.TryCreate(address, UriKind.Absolute, out var proxy);
        if (address.Contains('@', StringComparison.Ordinal))
        {
            yield return new(
                $"it contains a user or a password, which would be shown: set {section}:ProxyUser and {section}:ProxyPassword.",
                ["Proxy"]);
        }
        else if (IsSet && !(isAddress && proxy!.Scheme == Uri.UriSchemeHttp && proxy.PathAndQuery == "/" && proxy.Fragment.Length == 0))
        {
            yield return new("it is not the address of an HTTP proxy, such as http://proxy.example.com:3128.", ["Proxy"]);
        }

        if (user.Length > 0 != password.Length > 0)
        {
            yield return new(
                $"a proxy with a password needs both {section}:ProxyUser and {section}:ProxyPassword.",
                [user.Length > 0 ? "ProxyUser" : "ProxyPassword"]);
        }
        else if (user.Length > 0 && !IsSet)
        {
            yield return new($"it has no effect without {section}:Proxy.", ["ProxyUser"]);
        }

        if (user.Contains(':', StringComparison.Ordinal))
        {
            yield return new("it contains a colon, which ends a user name (RFC 7617 §2).", ["ProxyUser"]);
        }
    }

    /// <summary>
    /// Returns the failure of the proxy as a clause, such as "the proxy (Nclue:Proxy) cannot be reached"; null if it was certainly not the
    /// proxy that failed.
    /// </summary>
    /// <param name="failure">The exception of a request.</param>
    /// <param name="hasConnection">False if the connection to the other side of the proxy was certainly never open.</param>
    public string? Describe(Exception? failure, bool hasConnection = true)
    {
        if (IsSet && failure is OperationCanceledException)
        {
            return $"no response came through {Name} in time"; // from the proxy, or from the server behind it
        }

        if (!IsSet || failure is not HttpRequestException { HttpRequestError: var kind, StatusCode: var status })
        {
            return null;
        }

        return (kind, status) switch
        {
            // Some proxies refuse a wrong password with 401.
            (_, HttpStatusCode.ProxyAuthenticationRequired) or (HttpRequestError.ProxyTunnelError, HttpStatusCode.Unauthorized) =>
                $"{Name} {(user.Length > 0 ? "refuses its" : "requires a")} user and password (HTTP {(int)status})",
            (HttpRequestError.ProxyTunnelError, { } other) => $"{Name} opens no connection (HTTP {(int)other})",

            // Only the proxy itself is connected to; it connects to all other hosts.
            (HttpRequestError.ProxyTunnelError or HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError, _) =>
                $"{Name} cannot be reached ({kind})",
            (HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded, _) when !hasConnection =>
                $"{Name} does not respond as a proxy ({kind})",
            _ => null,
        };
    }
}
