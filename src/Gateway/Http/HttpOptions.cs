using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NclueGateway.Http;

/// <summary>How the gateway is reached from outside: the settings under <c>Http</c>.</summary>
internal sealed class HttpOptions : IValidatableObject
{
    public const string Section = "Http";

    /// <summary>
    /// The origin under which browsers and callers reach the gateway. It alone decides which Host is answered (<see cref="PublicHostMiddleware"/>),
    /// where browsers are sent back to, and whether they are told to insist on TLS.
    /// </summary>
    /// <value>An exact origin, https unless on loopback. Default none: every Host is answered.</value>
    public string PublicOrigin { get; set; } = "";

    /// <summary>The reverse proxies whose <c>X-Forwarded-*</c> headers are believed.</summary>
    /// <value>IP addresses. Default none: such headers are ignored.</value>
    public IList<string> KnownProxies { get; set; } = [];

    /// <summary>Networks in which every address is such a proxy.</summary>
    /// <value>In CIDR notation, such as <c>10.0.0.0/8</c>, never everybody (<c>/0</c>). Default none.</value>
    public IList<string> KnownNetworks { get; set; } = [];

    /// <summary>The path below which a reverse proxy publishes the gateway, whether or not the proxy takes it off (<see cref="PublicPath"/>).</summary>
    /// <value>
    /// A path such as <c>/nclue</c>: letters, digits, <c>.</c> <c>_</c> <c>~</c> <c>-</c>, no slash at the end. Default none: the root.
    /// </value>
    public string PathBase { get; set; } = "";

    /// <summary>Whether a public host or a proxy leads to the gateway.</summary>
    public bool IsPublic => KnownProxies.Count + KnownNetworks.Count > 0 || (PublicOrigin.Length > 0 && !new Uri(PublicOrigin).IsLoopback);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PublicOrigin.Length > 0 && Origin.Validate(PublicOrigin) is { } mistake)
        {
            yield return new(mistake, [nameof(PublicOrigin)]);
        }

        if (PathBase.Length > 0 && PublicPath.MistakeIn(PathBase) is { } wrong)
        {
            yield return new(wrong, [nameof(PathBase)]);
        }

        for (var i = 0; i < KnownProxies.Count; i++)
        {
            if (!IsAddress(KnownProxies[i]))
            {
                yield return new($"'{KnownProxies[i]}' is not an IP address.", [Entry(nameof(KnownProxies), i)]);
            }
        }

        for (var i = 0; i < KnownNetworks.Count; i++)
        {
            if (!IsNetwork(KnownNetworks[i]))
            {
                yield return new(
                    $"'{KnownNetworks[i]}' is not a network such as 10.0.0.0/8 (no bits set after the prefix, and not everybody).",
                    [Entry(nameof(KnownNetworks), i)]);
            }
        }
    }

    private static string Entry(string list, int index) => string.Create(CultureInfo.InvariantCulture, $"{list}:{index}");

    // The parser takes 10.0.0.1/8 for 10.0.0.0/8: whoever meant one proxy would believe sixteen million.
    private static bool IsNetwork(string text) =>
        text.Split('/') is [var address, _]
        && IPNetwork.TryParse(text, out var network)
        && network.PrefixLength > 0
        && IsAddress(address)
        && IPAddress.Parse(address).Equals(network.BaseAddress);

    // The parser takes 10 for 0.0.0.10.
    private static bool IsAddress(string text) =>
        IPAddress.TryParse(text, out var address) && (address.AddressFamily != AddressFamily.InterNetwork || address.ToString() == text);
}
