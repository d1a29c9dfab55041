using System.Diagnostics;
using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace NclueGateway.Observability.Telemetry;

/// <summary>
/// OpenTelemetry traces and metrics: metrics at <c>/metrics</c> for Prometheus, and both over OTLP if the variables of the OpenTelemetry
/// specification enable it (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, <c>OTEL_TRACES_SAMPLER</c>, <c>OTEL_SERVICE_NAME</c> …).
/// </summary>
internal static class TelemetryExtensions
{
    private const string MetricsRoute = "/metrics";

    // Most of the framework's other meters (routing, authentication, authorization, memory pools …) would cost time in each request.
    private const string ServerMeter = "Microsoft.AspNetCore.Hosting";
    private const string ActiveRequests = "http.server.active_requests";
    private const string RequestDuration = "http.server.request.duration";

    // By default OpenTelemetry allocates 2,000 series for each metric, which takes 16 MB. Further series are combined
    // in one (otel.metric.overflow).
    private const int MostSeries = 200;

    // In seconds, by the conventions of Prometheus and OpenTelemetry. Served data is between seconds and a day old.
    private static readonly double[] Ages = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 900, 3_600, 14_400, 86_400];
    private static readonly double[] Detections = [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8, 10, 15, 20, 30, 60, 120, 300, 900];
    private static readonly double[] Durations = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly double[] Waits = [0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 21];

    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        // With the default composite propagator the instrumentation would read traceparent and baggage itself.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        services
            .AddSingleton<DistributedContextPropagator, UntrustedTraceContext>()
            .AddSingleton<CollectorWatch>();
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                configuration["OTEL_SERVICE_NAME"] ?? "nclue-gateway",
                serviceVersion: typeof(TelemetryExtensions).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics => metrics
                .AddMeter(GatewayTelemetry.Name, ServerMeter, "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Diagnostics")
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddView(StreamOf)
                .AddView(ActiveRequests, new MetricStreamConfiguration { Name = "nclue_gateway.requests.active", TagKeys = [] })
                .AddPrometheusExporter());
        if (!string.IsNullOrEmpty(configuration[OtlpSettings.Endpoint]))
        {
            services
                .AddOptions<OtlpExporterOptions>()
                .Configure<CollectorWatch>((exporter, watch) => Connect(exporter, configuration, watch));
            telemetry
                .WithMetrics(metrics => metrics.AddOtlpExporter())
                .WithTracing(traces => traces // only with a collector: spans cost time in each request
                    .AddSource(GatewayTelemetry.Name)
                    .AddAspNetCoreInstrumentation(requests =>
                    {
                        requests.EnrichWithHttpRequest = (span, request) => UntrustedTraceContext.Link(span, request.Headers);
                        requests.EnrichWithHttpResponse = LeaveOutProbes;
                    })
                    .AddProcessor<RequestSpans>() // before the exporter
                    .AddOtlpExporter());
        }

        return services;
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapPrometheusScrapingEndpoint(MetricsRoute).ForOperators();

    private static MetricStreamConfiguration? StreamOf(Instrument instrument) => instrument.Name switch
    {
        ActiveRequests => null, // has its own view
        RequestDuration => null, // one series for each method, route, status and version of HTTP
        "nclue_gateway.read.age" or "nclue_gateway.query.age" =>
            new ExplicitBucketHistogramConfiguration { Boundaries = Ages, CardinalityLimit = MostSeries },
        "nclue_gateway.changes.detection" =>
            new ExplicitBucketHistogramConfiguration { Boundaries = Detections, CardinalityLimit = MostSeries },
        "nclue_gateway.query.duration" or "nclue_gateway.console.page.duration" =>
            new ExplicitBucketHistogramConfiguration { Boundaries = Durations, CardinalityLimit = MostSeries },
        "nclue_gateway.pacer.wait" => new ExplicitBucketHistogramConfiguration { Boundaries = Waits, CardinalityLimit = MostSeries },
        _ => new MetricStreamConfiguration { CardinalityLimit = MostSeries }, // one for histograms has no effect on others
    };

    /// <summary>Observes exports. With certificate variables the exporter creates its own client, which cannot be observed.</summary>
    private static void Connect(OtlpExporterOptions exporter, IConfiguration configuration, CollectorWatch watch)
    {
        if (configuration[OtlpSettings.Certificate] is null && configuration[OtlpSettings.ClientCertificate] is null)
        {
            exporter.HttpClientFactory = () => new HttpClient(watch.Watch(new SocketsHttpHandler()))
            {
                Timeout = TimeSpan.FromMilliseconds(exporter.TimeoutMilliseconds),
            };
        }
    }

    /// <summary>Excludes requests of probes and operators from the export, because they are too frequent to be useful.</summary>
    private static void LeaveOutProbes(Activity span, HttpResponse response)
    {
        if (response.HttpContext.GetEndpoint()?.Metadata.GetMetadata<OperationsEndpoint>() is not null)
        {
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}
