using System.Net;

namespace NclueGateway.Http;

/// <summary>The addresses of <see cref="HttpOptions.KnownProxies"/> and <see cref="HttpOptions.KnownNetworks"/>.</summary>
internal sealed class TrustedAddresses(HttpOptions http)
{
    private readonly IPAddress[] _proxies = [.. http.KnownProxies.Select(IPAddress.Parse)];
    private readonly IPNetwork[] _networks = [.. http.KnownNetworks.Select(network => IPNetwork.Parse(network))];

    /// <summary>Returns true if the address belongs to a known proxy.</summary>
    public bool Contain(IPAddress address)
    {
        // A dual-stack socket reports an IPv4 address as ::ffff:10.0.0.1; settings may contain either form.
        var actual = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(_proxies, proxy => proxy.Equals(actual) || proxy.Equals(address))
            || Array.Exists(_networks, network => network.Contains(actual) || network.Contains(address));
    }
}
