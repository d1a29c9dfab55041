using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NclueGateway.Observability.Logging;

namespace NclueGateway.Micro;

/// <summary>
/// An application under measurement, on an in-memory server or on Kestrel: the gateway as it is composed everywhere, or
/// a bare application.
/// </summary>
/// <remarks>
/// Never run both at a time. The gateway listens to the metrics of ASP.NET Core in the whole process and would record
/// the other one's too.
/// </remarks>
internal sealed class Measured : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly InMemoryServer? _server;

    private Measured(WebApplication app, InMemoryServer? server, EventLog log) => (_app, _server, Log) = (app, server, log);

    /// <summary>The application's log output.</summary>
    public EventLog Log { get; }

    /// <summary>The application's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>The connection to an in-memory server.</summary>
    public InMemoryConnection Connection => _server!.Connection;

    /// <summary>The address of an application on Kestrel.</summary>
    public Uri Address
    {
        get
        {
            var server = _app.Services.GetRequiredService<IServer>();
            return new(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
        }
    }

    /// <summary>Starts the gateway.</summary>
    /// <param name="surroundings">The services that the gateway needs.</param>
    /// <param name="hasAudit">True if reads are audited.</param>
    /// <param name="inMemory">True for the in-memory server, false for Kestrel.</param>
    public static Task<Measured> GatewayAsync(Surroundings surroundings, bool hasAudit, bool inMemory)
    {
        var log = new EventLog();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(GatewayBuilder).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        builder.Configuration.AddInMemoryCollection(surroundings.Settings(hasAudit));
        builder.AddGateway();
        builder.Services.AddKeyedSingleton<TextWriter>(LoggingSetup.Output, log);
        return StartAsync(builder, app => app.UseGateway(), log, inMemory);
    }

    /// <summary>
    /// Starts an application that sends recorded responses of the gateway to all requests, as <c>bench/Peers/Floor</c>
    /// does.
    /// </summary>
    /// <param name="page">The whole page.</param>
    /// <param name="unchanged">The response to a request with If-None-Match.</param>
    /// <param name="inMemory">True for the in-memory server, false for Kestrel.</param>
    public static Task<Measured> BareAsync(RecordedResponse page, RecordedResponse unchanged, bool inMemory)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        return StartAsync(builder, app => app.Run(context => HandleAsync(context, page, unchanged)), new(), inMemory);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static Task HandleAsync(HttpContext context, RecordedResponse page, RecordedResponse unchanged)
    {
        var answer = context.Request.Headers.IfNoneMatch.Count == 0 ? page : unchanged;
        var response = context.Response;
        response.StatusCode = answer.Status;
        for (var i = 0; i < answer.Headers.Count; i++)
        {
            response.Headers[answer.Headers[i].Key] = answer.Headers[i].Value;
        }

        if (answer.Body.IsEmpty)
        {
            return Task.CompletedTask;
        }

        var written = response.BodyWriter.WriteAsync(answer.Body);
        return written.IsCompletedSuccessfully ? Task.CompletedTask : written.AsTask();
    }

    private static async Task<Measured> StartAsync(WebApplicationBuilder builder, Action<WebApplication> use, EventLog log, bool inMemory)
    {
        var server = inMemory ? new InMemoryServer() : null;
        if (server is not null)
        {
            builder.WebHost.UseServer(server);
        }
        else
        {
            builder.WebHost.UseUrls("http://127.0.0.1:0");
        }

        var app = builder.Build();
        try
        {
            use(app);
            await app.StartAsync();
            return new(app, server, log);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }
}
