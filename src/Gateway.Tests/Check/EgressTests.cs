using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Observability;
using NclueGateway.Tests.Upstream;

namespace NclueGateway.Tests.Check;

/// <summary>
/// Outgoing connections that use the proxy of the environment, as <c>docs/configuration.md</c> describes. Calls to NCLUE do
/// not: see <see cref="DetachedForwardTests"/>.
/// </summary>
public sealed class EgressTests
{
    private static readonly Dictionary<string, string> Provider = new()
    {
        ["Nclue__AccessKey"] = "AK",
        ["Nclue__SecretKey"] = "SK",
        ["Auth__Authority"] = "http://id.example.com/realm",
        ["Auth__Audience"] = "gateway",
        ["Auth__RequireHttpsMetadata"] = "false",
    };

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task The_identity_provider_and_the_collector_are_reached_through_the_proxy_of_the_environment()
    {
        await using var proxy = await TestCollector.StartAsync();
        proxy.Status = 404;
        var settings = new Dictionary<string, string>(Provider)
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector.example.com:4318",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["http_proxy"] = proxy.Address,
            ["no_proxy"] = "",
        };

        var (exitCode, output, errors) = await GatewayProgram.RunAsync(settings, "check", "--json", "--no-upstream");

        var seen = Checked.Read(exitCode, output);
        seen["identity-provider"].Seen.ShouldBe("http://id.example.com/realm responded HTTP 404.", errors);
        seen["collector"].Seen.ShouldBe("http://collector.example.com:4318 does not accept exports (metrics: HTTP 404, traces: HTTP 404).");
        proxy.Received.Select(request => request.Path).Distinct().Order(StringComparer.Ordinal).ShouldBe(
            [
                "collector.example.com:4318/v1/metrics", "collector.example.com:4318/v1/traces",
                "id.example.com/realm/.well-known/openid-configuration",
            ]);
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task The_proxy_of_the_settings_wins_over_the_one_of_the_environment()
    {
        await using var proxy = await TestCollector.StartAsync();
        proxy.Status = 404;
        await using var other = await TestCollector.StartAsync();
        var settings = new Dictionary<string, string>(Provider)
        {
            ["Auth__Proxy"] = proxy.Address,
            ["http_proxy"] = other.Address,
            ["no_proxy"] = "id.example.com",
        };

        var (exitCode, output, errors) = await GatewayProgram.RunAsync(settings, "check", "--json", "--no-upstream");

        Checked.Read(exitCode, output)["identity-provider"].Seen.ShouldBe("http://id.example.com/realm responded HTTP 404.", errors);
        proxy.Received.ShouldHaveSingleItem().Path.ShouldBe("id.example.com/realm/.well-known/openid-configuration");
        other.Received.ShouldBeEmpty();
    }
}
