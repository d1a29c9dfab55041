using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Bearer;

/// <summary>HTTP client for the identity provider. Each request brings its own timeout, by the injected clock.</summary>
internal static class ProviderHttp
{
    /// <summary>Time that one exchange with the provider may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public static HttpClient CreateClient(bool followsRedirects) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = followsRedirects,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        UseCookies = false,
    })
    {
        MaxResponseContentBufferSize = 1024 * 1024,
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
    };

    /// <summary>Returns true if the settings allow requests to an address of the provider.</summary>
    public static bool IsAllowed(Uri address, AuthOptions auth) => address.Scheme == Uri.UriSchemeHttps || !auth.RequireHttpsMetadata;
}
