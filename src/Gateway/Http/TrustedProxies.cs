using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace NclueGateway.Http;

/// <summary>
/// Believes <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> from the proxies that the settings name and from nobody else. Used by
/// <see cref="UseTrustedProxies"/>, and by the framework itself where <c>ASPNETCORE_FORWARDEDHEADERS_ENABLED</c> is set.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>The characters of a list of hosts, each a name or an address with or without a port.</summary>
    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:[], \t");

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
        if (!HasAny(app.Services.GetRequiredService<HttpOptions>()))
        {
            return;
        }

        app.Use((context, next) =>
        {
            // Some proxies pass on what the client sent. A name with another character and more than 63 of them makes the framework throw.
            var headers = context.Request.Headers;
            if (headers[ForwardedHeadersDefaults.XForwardedHostHeaderName].Any(line => line.AsSpan().ContainsAnyExcept(HostCharacters)))
            {
                headers.Remove(ForwardedHeadersDefaults.XForwardedHostHeaderName);
            }

            return next(context);
        });
        app.UseForwardedHeaders();
    }

    private static bool HasAny(HttpOptions http) => http.KnownProxies.Count + http.KnownNetworks.Count > 0;
}
