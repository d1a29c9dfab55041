using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NclueGateway.Operations;

namespace NclueGateway.Micro;

/// <summary>An application under measurement, on a server in memory or on Kestrel: the gateway as it is composed everywhere, or one that does nothing.</summary>
/// <remarks>
/// Never both at a time: the gateway listens to the metrics of ASP.NET Core in the whole process, and the other one would then record them too.
/// </remarks>
internal sealed class Measured : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly InMemoryServer? _server;

    private Measured(WebApplication app, InMemoryServer? server, EventLog log) => (_app, _server, Log) = (app, server, log);

    /// <summary>What it logs to.</summary>
    public EventLog Log { get; }

    /// <summary>The way to one in memory.</summary>
    public InMemoryConnection Connection => _server!.Connection;

    /// <summary>The way to one on Kestrel.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());

    /// <summary>Starts the gateway.</summary>
    /// <param name="surroundings">What it needs.</param>
    /// <param name="hasAudit">Whether reads are audited.</param>
    /// <param name="inMemory">Whether its server is in memory.</param>
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
        builder.Services.AddKeyedSingleton<TextWriter>(Logs.Output, log);
        return StartAsync(builder, app => app.UseGateway(), log, inMemory);
    }

    /// <summary>Starts an application that answers everything with what the gateway answered, as <c>bench/Peers/Floor</c> does.</summary>
    /// <param name="page">The whole page.</param>
    /// <param name="unchanged">The answer to somebody who names a tag.</param>
    /// <param name="inMemory">Whether its server is in memory.</param>
    public static Task<Measured> BareAsync(RecordedAnswer page, RecordedAnswer unchanged, bool inMemory)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        return StartAsync(builder, app => app.Run(context => AnswerAsync(context, page, unchanged)), new(), inMemory);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static Task AnswerAsync(HttpContext context, RecordedAnswer page, RecordedAnswer unchanged)
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
