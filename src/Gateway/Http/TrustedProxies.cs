using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace NclueGateway.Http;

/// <summary>
/// Believes <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> from the proxies that the settings name and from nobody else. Used by
/// <see cref="UseTrustedProxies"/>, and by the framework itself where <c>ASPNETCORE_FORWARDEDHEADERS_ENABLED</c> is set.
/// </summary>
internal static class TrustedProxies
{
    public static IServiceCollection AddTrustedProxies(this IServiceCollection services, HttpOptions http) =>
        services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.KnownProxies.Clear(); // the framework believes loopback
            forwarded.KnownIPNetworks.Clear();
            foreach (var proxy in http.KnownProxies)
            {
                forwarded.KnownProxies.Add(IPAddress.Parse(proxy));
            }

            foreach (var network in http.KnownNetworks)
            {
                forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network));
            }

            // With both lists empty the middleware would believe everybody, also the one that ASPNETCORE_FORWARDEDHEADERS_ENABLED adds.
            forwarded.ForwardedHeaders = HasAny(http)
                ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost
                : ForwardedHeaders.None;

            // No limit but trust: each proxy is checked before what it says is believed, so the first stranger from the right is the caller.
            forwarded.ForwardLimit = null;
        });

    /// <summary>Does nothing where no proxy is named.</summary>
    public static void UseTrustedProxies(this WebApplication app)
    {
        if (HasAny(app.Services.GetRequiredService<HttpOptions>()))
        {
            app.UseForwardedHeaders();
        }
    }

    private static bool HasAny(HttpOptions http) => http.KnownProxies.Count + http.KnownNetworks.Count > 0;
}
