using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace NclueGateway.Http;

/// <summary>
/// Trusts <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> only from the proxies in the settings. Used by
/// <see cref="UseTrustedProxies"/>, and by the framework itself if <c>ASPNETCORE_FORWARDEDHEADERS_ENABLED</c> is set.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>The characters allowed in a list of hosts, each a name or an address with or without a port.</summary>
    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:[], \t");

    public static IServiceCollection AddTrustedProxies(this IServiceCollection services, HttpOptions http) =>
        services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.KnownProxies.Clear(); // the framework trusts loopback by default
            forwarded.KnownIPNetworks.Clear();
            foreach (var proxy in http.KnownProxies)
            {
                forwarded.KnownProxies.Add(IPAddress.Parse(proxy));
            }

            foreach (var network in http.KnownNetworks)
            {
                forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network));
            }

            // With both lists empty the middleware would trust every sender, also the one that ASPNETCORE_FORWARDEDHEADERS_ENABLED adds.
            forwarded.ForwardedHeaders = HasAny(http)
                ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost
                : ForwardedHeaders.None;

            // No limit on the number of proxies: each one must be known before its entry is used. So the first unknown
            // address from the right is the caller.
            forwarded.ForwardLimit = null;
        });

    /// <summary>Adds the middleware. Does nothing if the settings contain no proxy.</summary>
    public static void UseTrustedProxies(this WebApplication app)
    {
        if (!HasAny(app.Services.GetRequiredService<HttpOptions>()))
        {
            return;
        }

        app.Use((context, next) =>
        {
            // Some proxies forward the value of the client. The framework throws for a name with a disallowed character
            // and more than 63 characters.
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
