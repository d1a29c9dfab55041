using System.Net;

namespace NclueGateway.Hosting;

/// <summary>
/// <c>dotnet Gateway.dll healthcheck</c>: asks the gateway that runs with the same settings on this machine, for images without a shell and curl.
/// It asks <c>/health/live</c>: who looks at the answer ends the process, which helps when it hangs, and not when the identity provider is away.
/// </summary>
internal static class HealthCommand
{
    public const string Name = "healthcheck";

    private const string Path = "/health/live";

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(3);

    /// <summary>Writes one line that says how it went.</summary>
    /// <param name="configuration">Says where the gateway listens; nothing else in it is looked at. A port for operators is asked rather than one
    /// that callers may have filled with their connections.</param>
    /// <returns>0 if it answers 200 within 3 s, else 1.</returns>
    public static async Task<int> RunAsync(IConfiguration configuration)
    {
        var listen = ListenAddress(configuration);
        if (ToAsk(listen) is not { } address)
        {
            await Console.Error.WriteLineAsync($"{listen} cannot be asked: it needs to be http or https, and a port that is not 0.");
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
            var status = $"{address} answered {(int)response.StatusCode}.";
            await (response.StatusCode == HttpStatusCode.OK ? Console.Out : Console.Error).WriteLineAsync(status);
            return response.StatusCode == HttpStatusCode.OK ? 0 : 1;
        }
        catch (Exception unanswered) when (unanswered is HttpRequestException or OperationCanceledException)
        {
            var reason = unanswered is OperationCanceledException ? $"no answer within {Within.TotalSeconds} s." : unanswered.Message;
            await Console.Error.WriteLineAsync($"{address}: {reason}");
            return 1;
        }
    }

    private static string ListenAddress(IConfiguration configuration) =>
        configuration[$"{OperationsOptions.Section}:{nameof(OperationsOptions.Port)}"] is { Length: > 0 } port and not "0"
            ? OperationsPort.Address(port)
            : ListenAddresses.All(configuration).First();

    /// <summary>
    /// Where a server that was told to listen on <paramref name="listen"/> can be asked from this machine. Kestrel takes any host that is no IP
    /// address and not localhost for all addresses.
    /// </summary>
    /// <returns>Null for a Unix socket, a free port, and what is no address.</returns>
    internal static Uri? ToAsk(string listen)
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

        var host = IPAddress.TryParse(address.Host, out var ip) && !ip.Equals(IPAddress.Any) && !ip.Equals(IPAddress.IPv6Any) ? ip : IPAddress.Loopback;
        return new UriBuilder(address.Scheme, host.ToString(), address.Port, Path).Uri;
    }
}
