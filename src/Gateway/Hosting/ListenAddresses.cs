namespace NclueGateway.Hosting;

/// <summary>Where the settings tell the server to listen, as ASP.NET Core itself reads them.</summary>
internal static class ListenAddresses
{
    /// <summary>All addresses that the settings name, those among them that Kestrel's own endpoints take the place of.</summary>
    public static IEnumerable<string> All(IConfiguration configuration) => OfKestrel(configuration).Concat(Of(configuration));

    /// <summary>Kestrel's own endpoints: where there are any, they take the place of all other addresses.</summary>
    public static IReadOnlyList<string> OfKestrel(IConfiguration configuration) =>
        [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>()];

    /// <summary>Addresses such as <c>http://*:8080</c> from <c>urls</c>, else from <c>http_ports</c> and <c>https_ports</c>, else the default.</summary>
    public static IReadOnlyList<string> Of(IConfiguration configuration)
    {
        string[] addresses = Parts(WebHostDefaults.ServerUrlsKey) is { Length: > 0 } given
            ? given
            : [.. Parts(WebHostDefaults.HttpPortsKey).Select(port => $"http://*:{port}"), .. Parts(WebHostDefaults.HttpsPortsKey).Select(port => $"https://*:{port}")];
        return addresses.Length > 0 ? addresses : ["http://localhost:5000"];

        string[] Parts(string key) => (configuration[key] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
