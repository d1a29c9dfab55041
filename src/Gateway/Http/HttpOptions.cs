using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NclueGateway.Http;

/// <summary>The public address of the gateway and the proxies in front of it: the settings under <c>Http</c>.</summary>
internal sealed class HttpOptions : IValidatableObject
{
    public const string Section = "Http";

    /// <summary>
    /// The origin at which browsers and callers reach the gateway. It determines the accepted Host
    /// (<see cref="PublicHostMiddleware"/>), the address of redirects after a sign-in, and whether responses have
    /// <c>Strict-Transport-Security</c>.
    /// </summary>
    /// <value>An exact origin, https unless on loopback. Default none: every Host is accepted.</value>
    public string PublicOrigin { get; set; } = "";

    /// <summary>The reverse proxies whose <c>X-Forwarded-*</c> headers are trusted.</summary>
    /// <value>IP addresses. Default none: such headers are ignored.</value>
    public IList<string> KnownProxies { get; set; } = [];

    /// <summary>Networks in which every address is a trusted reverse proxy.</summary>
    /// <value>In CIDR notation, such as <c>10.0.0.0/8</c>, but not all addresses (<c>/0</c>). Default none.</value>
    public IList<string> KnownNetworks { get; set; } = [];

    /// <summary>
    /// The path below which a reverse proxy publishes the gateway, whether or not the proxy removes it (<see cref="PublicPath"/>).
    /// </summary>
    /// <value>
    /// A path such as <c>/nclue</c>: letters, digits, <c>.</c> <c>_</c> <c>~</c> <c>-</c>, no slash at the end. Default none: the root.
    /// </value>
    public string PathBase { get; set; } = "";

    /// <summary>True if the gateway is reached through a public host or a proxy.</summary>
    public bool IsPublic => KnownProxies.Count + KnownNetworks.Count > 0 || (PublicOrigin.Length > 0 && !new Uri(PublicOrigin).IsLoopback);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PublicOrigin.Length > 0 && Origin.Validate(PublicOrigin) is { } mistake)
        {
            yield return new(mistake, [nameof(PublicOrigin)]);
        }

        if (PathBase.Length > 0 && PublicPath.Validate(PathBase) is { } wrong)
        {
            yield return new(wrong, [nameof(PathBase)]);
        }

        foreach (var (index, proxy) in KnownProxies.Index().Where(entry => !IsAddress(entry.Item)))
        {
            yield return new($"'{proxy}' is not an IP address.", [Entry(nameof(KnownProxies), index)]);
        }

        foreach (var (index, network) in KnownNetworks.Index().Where(entry => !IsNetwork(entry.Item)))
        {
            yield return new(
                $"'{network}' is not a network such as 10.0.0.0/8 (no bits set after the prefix, and not all addresses).",
                [Entry(nameof(KnownNetworks), index)]);
        }
    }

    private static string Entry(string list, int index) => string.Create(CultureInfo.InvariantCulture, $"{list}:{index}");

    // The parser reads 10.0.0.1/8 as 10.0.0.0/8: an operator who meant one proxy would trust sixteen million addresses.
    private static bool IsNetwork(string text) =>
        text.Split('/') is [var address, _]
        && IPNetwork.TryParse(text, out var network)
        && network.PrefixLength > 0
        && IsAddress(address)
        && IPAddress.Parse(address).Equals(network.BaseAddress);

    // The parser reads 10 as 0.0.0.10.
    private static bool IsAddress(string text) =>
        IPAddress.TryParse(text, out var address) && (address.AddressFamily != AddressFamily.InterNetwork || address.ToString() == text);
}
