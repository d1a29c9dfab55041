using NclueGateway.Access.Callers;
using NclueGateway.Http;

namespace NclueGateway.Access.Bearer;

/// <summary>HTTP client for the identity provider. Each request brings its own timeout, by the injected clock.</summary>
internal static class ProviderHttp
{
    /// <summary>Time that one exchange with the provider may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>Creates a client.</summary>
    /// <param name="followsRedirects">True if it follows redirects.</param>
    /// <param name="proxy">The proxy of all its requests. If none is set, it uses that of the environment.</param>
    public static HttpClient CreateClient(bool followsRedirects, EgressProxy proxy) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = followsRedirects,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        Proxy = proxy.Create(),
        UseCookies = false,
    })
    {
        MaxResponseContentBufferSize = 1024 * 1024,
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
    };

    /// <summary>Returns true if the settings allow requests to an address of the provider.</summary>
    public static bool IsAllowed(Uri address, AuthOptions auth) => address.Scheme == Uri.UriSchemeHttps || !auth.RequireHttpsMetadata;
}
