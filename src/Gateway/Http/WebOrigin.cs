namespace NclueGateway.Http;

/// <summary>Origins of the web as settings name them: exactly as browsers write them into the header <c>Origin</c> (RFC 6454 §6.2).</summary>
internal static class WebOrigin
{
    // Names below a country's domain that registries give away names under, in Korea and elsewhere.
    private static readonly string[] RegistryLabels = ["ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org", "pe", "re"];

    /// <summary>
    /// What is wrong with it; null if nothing is. The value itself is not repeated: somebody may have written a password into it.
    /// </summary>
    public static string? MistakeIn(string origin)
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

    /// <summary>
    /// Whether browsers take both for one site, so that a <c>SameSite=Lax</c> cookie of one is sent with requests from pages of the other
    /// (https://html.spec.whatwg.org/multipage/browsers.html#same-site).
    /// </summary>
    /// <remarks>
    /// Browsers look the registrable domain up in the public suffix list, which .NET does not have. Here it is the last two labels of the
    /// host, or three below something like <c>co.kr</c>. Hosting domains whose customers are sites of their own (<c>github.io</c>) are not
    /// known, so that two of their customers look like one site.
    /// </remarks>
    public static bool AreSameSite(string one, string other)
    {
        var (a, b) = (new Uri(one), new Uri(other));
        return a.Scheme == b.Scheme && Site(a) == Site(b);
    }

    private static string Site(Uri origin)
    {
        if (origin.HostNameType != UriHostNameType.Dns)
        {
            return origin.Host;
        }

        var labels = origin.Host.Split('.');
        var isBelowRegistry = labels is [.., var second, { Length: 2 }] && RegistryLabels.Contains(second);
        return string.Join('.', labels.TakeLast(isBelowRegistry ? 3 : 2));
    }
}
