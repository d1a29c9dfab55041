using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace NclueGateway.Tests.Observability;

/// <summary>An OpenTelemetry collector that keeps what is sent to it, as text, and answers as a test wants it.</summary>
internal sealed class TestCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestCollector(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    /// <summary>The status of the next answers over HTTP.</summary>
    public int Status { get; set; } = StatusCodes.Status200OK;

    /// <summary>The status of the next answers over gRPC, as it stands in <c>grpc-status</c>.</summary>
    public string GrpcStatus { get; set; } = "0";

    /// <summary>What has come, by host and path.</summary>
    public ConcurrentQueue<(string Path, string Body)> Received { get; } = new();

    /// <summary>Settings of a gateway that exports to it.</summary>
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

    /// <summary>All that was sent to a path that ends so.</summary>
    public string Text(string path) => string.Concat(Received.Where(sent => sent.Path.EndsWith(path, StringComparison.Ordinal)).Select(sent => sent.Body));

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
