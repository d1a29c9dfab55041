namespace NclueGateway.Http;

/// <summary>Origins of the web as settings name them: exactly as browsers write them into the header <c>Origin</c> (RFC 6454 §6.2).</summary>
internal static class Origin
{
    /// <summary>
    /// What is wrong with it; null if nothing is. The value itself is not repeated: somebody may have written a password into it.
    /// </summary>
    public static string? Validate(string origin)
    {
        // Compared with what the parser makes of it: a path, a user, an upper-case letter or the scheme's own port would all match no browser.
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("https" or "http")
            || uri.HostNameType is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6)
            || uri.UserInfo.Length > 0
            || !origin.All(char.IsAscii)
            || Of(uri) != origin)
        {
            return "it is not an origin such as https://app.example.com: lower case, without path, user, wildcard and default port.";
        }

        return uri.Scheme == Uri.UriSchemeHttps || uri.IsLoopback ? null : "it must be https, unless it is on loopback.";
    }

    /// <summary>The origin of an address.</summary>
    public static string Of(Uri address) => address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
}
