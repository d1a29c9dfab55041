using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace NclueGateway.Tests.Observability;

/// <summary>A fake OpenTelemetry collector that keeps received exports as text and responds with a configured status.</summary>
internal sealed class TestCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestCollector(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    /// <summary>The status of the next responses over HTTP.</summary>
    public int Status { get; set; } = StatusCodes.Status200OK;

    /// <summary>The value of <c>grpc-status</c> of the next responses over gRPC.</summary>
    public string GrpcStatus { get; set; } = "0";

    /// <summary>The received exports, by host and path.</summary>
    public ConcurrentQueue<(string Path, string Body)> Received { get; } = new();

    /// <summary>Returns the settings of a gateway that exports to this collector.</summary>
    public Dictionary<string, string?> Settings(string protocol = "http/protobuf") => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Address,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
    };

    public static async Task<TestCollector> StartAsync(bool isGrpc = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(
            endpoint => endpoint.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var app = builder.Build();
        var collector = new TestCollector(app);
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.Latin1);
            collector.Received.Enqueue(($"{context.Request.Host}{context.Request.Path}", await reader.ReadToEndAsync()));
            context.Response.StatusCode = collector.Status;
            if (isGrpc)
            {
                context.Response.ContentType = "application/grpc";
                context.Response.DeclareTrailer("grpc-status");
                await context.Response.Body.WriteAsync(new byte[5]); // an empty message
                context.Response.AppendTrailer("grpc-status", collector.GrpcStatus);
            }
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    /// <summary>Returns all exports to paths with this suffix.</summary>
    public string Text(string path) =>
        string.Concat(
            Received.Where(sent => sent.Path.EndsWith(path, StringComparison.Ordinal)).Select(sent => sent.Body));

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
