namespace NclueGateway.Http;

/// <summary>Web origins in settings, written exactly as browsers send them in the header <c>Origin</c> (RFC 6454 §6.2).</summary>
internal static class Origin
{
    /// <summary>
    /// Returns the error in an origin, or null if it is valid. The message does not repeat the value, which may contain a
    /// password by mistake.
    /// </summary>
    public static string? Validate(string origin)
    {
        // Must equal its normalized form: with a path, a user, an upper-case letter or the default port it would match no browser's Origin.
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

    /// <summary>Returns the origin of an address.</summary>
    public static string Of(Uri address) => address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
}
