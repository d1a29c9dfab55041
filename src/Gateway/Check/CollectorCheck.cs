using System.Diagnostics;
using NclueGateway.Hosting;
using NclueGateway.Observability.Telemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace NclueGateway.Check;

/// <summary>Checks that the OpenTelemetry collector accepts metrics and a span, exported as the gateway exports them.</summary>
internal sealed class CollectorCheck(IServiceProvider services, IConfiguration configuration, CollectorWatch watch)
{
    private const string Name = CheckReport.Collector;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<Finding> RunAsync()
    {
        if (configuration[OtlpSettings.Endpoint] is not { Length: > 0 } endpoint)
        {
            return Finding.Fine(Name, $"None is set ({OtlpSettings.Endpoint}): metrics are at /metrics only, and there are no traces.");
        }

        if (configuration.GetValue(OtlpSettings.IsDisabled, false))
        {
            return Finding.NotChecked(Name, $"{OtlpSettings.IsDisabled} is true: nothing is exported.");
        }

        var address = new Uri(endpoint).GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        if (configuration[OtlpSettings.Certificate] is not null || configuration[OtlpSettings.ClientCertificate] is not null)
        {
            return Finding.NotChecked(Name, $"{address} is not checked: exports with certificates of their own cannot be observed.");
        }

        var metrics = services.GetRequiredService<MeterProvider>();
        var traces = services.GetRequiredService<TracerProvider>();
        var sampled = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        GatewayTelemetry.Source.StartActivity("check", ActivityKind.Internal, sampled)?.Dispose();
        await Task.WhenAll(
            Task.Run(() => metrics.ForceFlush((int)Patience.TotalMilliseconds)),
            Task.Run(() => traces.ForceFlush((int)Patience.TotalMilliseconds)));

        var failures = watch.Last.Where(last => last.Value is not null).Select(last => $"{last.Key}: {last.Value}").ToList();
        return failures.Count > 0 || watch.Last.Count == 0
            ? Finding.Warning(
                Name,
                $"{address} does not accept exports ({(failures.Count > 0 ? string.Join(", ", failures) : "no response in time")}).",
                $"Compare {OtlpSettings.Endpoint} and OTEL_EXPORTER_OTLP_PROTOCOL (grpc, mostly on port 4317, or http/protobuf, "
                + "mostly on port 4318) with the collector. The gateway works without it.")
            : Finding.Fine(Name, $"{address} accepts {string.Join(" and ", watch.Last.Keys)}.");
    }
}
