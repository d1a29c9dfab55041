using System.Net;

namespace NclueGateway.Hosting;

/// <summary>
/// <c>dotnet Gateway.dll healthcheck</c>: probes the gateway that runs with the same settings on this machine, for
/// images without a shell and curl. It requests <c>/health/live</c>, because the container runtime restarts the gateway
/// after a failure. That helps if the process hangs, but not if the identity provider is unavailable.
/// </summary>
internal static class HealthCommand
{
    public const string Name = "healthcheck";

    private const string Path = "/health/live";

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(3);

    /// <summary>Probes the gateway and writes the result in one line.</summary>
    /// <param name="configuration">The settings, of which only the listen addresses are read. The port for operators is
    /// preferred, because callers may have used up the connections of the other ports.</param>
    /// <returns>0 if the response is 200 within 3 s, else 1.</returns>
    public static async Task<int> RunAsync(IConfiguration configuration)
    {
        var listen = ListenAddress(configuration);
        if (ToProbe(listen) is not { } address)
        {
            await System.Console.Error.WriteLineAsync(
                $"{listen} cannot be probed: it needs to be http or https, and a port that is not 0.");
            return 1;
        }

        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
#pragma warning disable CA5359 // The certificate names the public host, not this machine; nothing secret is sent.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        using var http = new HttpClient(handler) { Timeout = Within };
        try
        {
            using var response = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
            var status = $"{address} responded {(int)response.StatusCode}.";
            await (response.StatusCode == HttpStatusCode.OK ? System.Console.Out : System.Console.Error).WriteLineAsync(status);
            return response.StatusCode == HttpStatusCode.OK ? 0 : 1;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            var reason = failure is OperationCanceledException ? $"no response within {Within.TotalSeconds} s." : failure.Message;
            await System.Console.Error.WriteLineAsync($"{address}: {reason}");
            return 1;
        }
    }

    private static string ListenAddress(IConfiguration configuration) =>
        configuration[$"{OperationsOptions.Section}:{nameof(OperationsOptions.Port)}"] is { Length: > 0 } port and not "0"
            ? OperationsPort.Address(port)
            : ListenAddresses.All(configuration).First();

    /// <summary>
    /// Returns the address at which a server that listens on <paramref name="listen"/> can be probed from this machine. Kestrel
    /// binds to all addresses for any host that is not an IP address or localhost.
    /// </summary>
    /// <returns>Null for a Unix socket, a free port, and a text that is not an address.</returns>
    internal static Uri? ToProbe(string listen)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(listen);
        }
        catch (FormatException)
        {
            return null;
        }

        if (address.Scheme is not ("http" or "https") || address.IsUnixPipe || address.IsNamedPipe || address.Port is < 1 or > 65_535)
        {
            return null;
        }

        var host = IPAddress.TryParse(address.Host, out var ip) && !ip.Equals(IPAddress.Any) && !ip.Equals(IPAddress.IPv6Any)
            ? ip
            : IPAddress.Loopback;
        return new UriBuilder(address.Scheme, host.ToString(), address.Port, Path).Uri;
    }
}
