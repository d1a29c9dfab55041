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
/// Traces and metrics (OpenTelemetry): metrics at <c>/metrics</c> for Prometheus, and both over OTLP where the variables of the OpenTelemetry
/// specification say so (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, <c>OTEL_TRACES_SAMPLER</c>, <c>OTEL_SERVICE_NAME</c> …).
/// </summary>
internal static class TelemetryExtensions
{
    private const string MetricsRoute = "/metrics";

    // Of the framework's other meters (routing, authentication, authorization, memory pools …) most cost each request something.
    private const string ServerMeter = "Microsoft.AspNetCore.Hosting";
    private const string ActiveRequests = "http.server.active_requests";
    private const string RequestDuration = "http.server.request.duration";

    // By default there is room for 2,000 series of each metric, 16 MB of it. What is beyond is counted all the same, in one series (otel.metric.overflow).
    private const int MostSeries = 100;

    // Seconds, as Prometheus and OpenTelemetry want them. What is served is seconds to a day old.
    private static readonly double[] Ages = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 900, 3_600, 14_400, 86_400];
    private static readonly double[] Waits = [0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 21];

    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        // With the composite of the default the instrumentation would read traceparent and baggage by itself.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        services.AddSingleton<DistributedContextPropagator, UntrustedTraceContext>().AddSingleton<TraceIdListener>().AddSingleton<CollectorWatch>();
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                configuration["OTEL_SERVICE_NAME"] ?? "nclue-gateway", serviceVersion: typeof(TelemetryExtensions).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics => metrics
                .AddMeter(GatewayTelemetry.Name, ServerMeter, "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Diagnostics")
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddView(StreamOf)
                .AddView(ActiveRequests, new MetricStreamConfiguration { Name = "nclue_gateway.requests.active", TagKeys = [] })
                .AddPrometheusExporter());
        if (!string.IsNullOrEmpty(configuration[OtlpSettings.Endpoint]))
        {
            services.AddOptions<OtlpExporterOptions>().Configure<CollectorWatch>((exporter, watch) => Connect(exporter, configuration, watch));
            telemetry
                .WithMetrics(metrics => metrics.AddOtlpExporter())
                .WithTracing(traces => traces // spans that nobody takes would cost each request all the same
                    .AddSource(GatewayTelemetry.Name)
                    .AddAspNetCoreInstrumentation(requests => requests.EnrichWithHttpResponse = LeaveOutProbes)
                    .AddProcessor<RequestSpans>() // before the exporter
                    .AddOtlpExporter());
        }

        return services;
    }

    /// <summary>Goes first: the span of the request is there before anything else is.</summary>
    public static void UseTelemetry(this IApplicationBuilder app)
    {
        app.ApplicationServices.GetRequiredService<TraceIdListener>();
        app.Use((context, next) =>
        {
            UntrustedTraceContext.Link(Activity.Current, context.Request.Headers);
            return next(context);
        });
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapPrometheusScrapingEndpoint(MetricsRoute).ForOperators();

    private static MetricStreamConfiguration? StreamOf(Instrument instrument) => instrument.Name switch
    {
        ActiveRequests => null, // has a view of its own
        RequestDuration => null, // a series for each method, route, status and version of HTTP
        "nclue_gateway.read.age" => new ExplicitBucketHistogramConfiguration { Boundaries = Ages, CardinalityLimit = MostSeries },
        "nclue_gateway.pacer.wait" => new ExplicitBucketHistogramConfiguration { Boundaries = Waits, CardinalityLimit = MostSeries },
        _ => new() { CardinalityLimit = MostSeries },
    };

    /// <summary>Observes exports. With certificates of its own the exporter makes a client that cannot be observed.</summary>
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

    /// <summary>Spans of probes and of operators are not exported. They come too often to be worth their place.</summary>
    private static void LeaveOutProbes(Activity span, HttpResponse response)
    {
        if (response.HttpContext.GetEndpoint()?.Metadata.GetMetadata<OperationsEndpoint>() is not null)
        {
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}
