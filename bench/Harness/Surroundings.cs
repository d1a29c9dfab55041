using NclueGateway.Sandbox.Identity;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Harness;

/// <summary>
/// Services that gateways under load need: an identity provider, callers with tokens, and a collector.
/// </summary>
internal sealed class Surroundings : IAsyncDisposable
{
    private readonly Collector _collector;

    private Surroundings(
        LocalIdentityProviderOptions options, LocalIdentityProvider identity, Collector collector, string[] tokens, string file) =>
        (Options, Identity, _collector, Tokens, TokensFile) = (options, identity, collector, tokens, file);

    public LocalIdentityProviderOptions Options { get; }

    public LocalIdentityProvider Identity { get; }

    /// <summary>One access token per caller.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>File with the tokens, one per line.</summary>
    public string TokensFile { get; }

    /// <summary>Starts the services and signs the callers in.</summary>
    /// <param name="folder">Folder of the tokens file.</param>
    /// <param name="callers">
    /// Number of callers. One caller may send at most 10,000 requests a second (<c>Quota:RequestsPerSecond</c>).
    /// </param>
    public static async Task<Surroundings> StartAsync(string folder, int callers)
    {
        var options = new LocalIdentityProviderOptions { AccessTokenLifetime = TimeSpan.FromHours(12) };
        var identity = await LocalIdentityProvider.StartAsync(options, CancellationToken.None);
        var tokens = await Task.WhenAll(Enumerable.Range(1, callers)
            .Select(n => identity.GetUserTokenAsync($"reader-{n}", CancellationToken.None)));
        var file = Path.Combine(folder, "tokens");
        await File.WriteAllLinesAsync(file, tokens);
        return new(options, identity, await Collector.StartAsync(), tokens, file);
    }

    /// <summary>
    /// Returns the environment of a gateway under load. Its quota is high enough not to limit the load, and it exports
    /// its metrics and one trace in a hundred over OTLP.
    /// </summary>
    public Dictionary<string, string> EnvironmentOn(int port, SimulatedNclue nclue) => new(GatewayEnvironment.Between(nclue, Identity))
    {
        ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
        ["Quota__RequestsPerSecond"] = "10000",
        ["Quota__Burst"] = "100000",
        ["Operations__DrainDelay"] = "00:00:00",
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _collector.Address.AbsoluteUri,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_TRACES_SAMPLER"] = "traceidratio",
        ["OTEL_TRACES_SAMPLER_ARG"] = "0.01",
    };

    public async ValueTask DisposeAsync()
    {
        await _collector.DisposeAsync();
        await Identity.DisposeAsync();
    }
}
