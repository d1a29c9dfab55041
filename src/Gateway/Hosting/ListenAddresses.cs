namespace NclueGateway.Hosting;

/// <summary>Addresses that the server listens on by its settings, read as ASP.NET Core itself reads them.</summary>
internal static class ListenAddresses
{
    /// <summary>Returns all addresses in the settings, including those that Kestrel's own endpoints override.</summary>
    public static IEnumerable<string> All(IConfiguration configuration) => OfKestrel(configuration).Concat(Of(configuration));

    /// <summary>Returns Kestrel's own endpoints. If there are any, they override all other addresses.</summary>
    public static IReadOnlyList<string> OfKestrel(IConfiguration configuration) =>
        [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>()];

    /// <summary>
    /// Returns addresses such as <c>http://*:8080</c> from <c>urls</c>, else from <c>http_ports</c> and <c>https_ports</c>,
    /// else the default.
    /// </summary>
    public static IReadOnlyList<string> Of(IConfiguration configuration)
    {
        string[] addresses = Parts(WebHostDefaults.ServerUrlsKey) is { Length: > 0 } given
            ? given
            : [
                .. Parts(WebHostDefaults.HttpPortsKey).Select(port => $"http://*:{port}"),
                .. Parts(WebHostDefaults.HttpsPortsKey).Select(port => $"https://*:{port}"),
            ];
        return addresses.Length > 0 ? addresses : ["http://localhost:5000"];

        string[] Parts(string key) =>
            (configuration[key] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
