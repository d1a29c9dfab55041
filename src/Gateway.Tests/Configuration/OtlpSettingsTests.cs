using Microsoft.Extensions.Configuration;
using NclueGateway.Configuration;
using NclueGateway.Observability.Telemetry;

namespace NclueGateway.Tests.Configuration;

/// <summary>Variables of OpenTelemetry that would prevent every export without an error.</summary>
public sealed class OtlpSettingsTests
{
    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "/v1/traces")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:99999")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "canary=x")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "GRPC")]
    [InlineData("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10s")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "canary")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "authorization=x,canary")]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/file")]
    [InlineData("OTEL_TRACES_SAMPLER", "ratio")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "1%")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "10")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "0")]
    [InlineData("OTEL_BSP_SCHEDULE_DELAY", "-1")]
    public void A_value_that_the_SDK_would_pass_over_is_refused_by_its_key(string key, string value)
    {
        var mistake = Mistakes(new() { [key] = value }).ShouldHaveSingleItem();

        mistake.ShouldStartWith(key + ": it ");
        mistake.ShouldNotContain("canary");
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example.com/otlp")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10000")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20YTpi==,x-team=a")]
    [InlineData("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "0.01")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")]
    public void A_value_of_the_specification_is_accepted(string key, string value) => Mistakes(new() { [key] = value }).ShouldBeEmpty();

    [Fact]
    public void Without_a_collector_its_protocol_does_not_matter() =>
        Mistakes(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "", ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "x" }).ShouldBeEmpty();

    private static IReadOnlyCollection<string> Mistakes(Dictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")]).AddInMemoryCollection(settings).Build();
        var reader = new SettingsReader(configuration);
        OtlpSettings.Check(reader, configuration);
        return (Record.Exception(reader.ThrowIfMistaken) as SettingsException)?.Mistakes ?? [];
    }
}
