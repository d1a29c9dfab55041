using NclueGateway.Access;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;
using NclueGateway.Access.Sessions;
using NclueGateway.Configuration;
using NclueGateway.Console;
using NclueGateway.Hosting;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.Http.Pages;
using NclueGateway.Mirror;
using NclueGateway.Observability.Audit;
using NclueGateway.Observability.Health;
using NclueGateway.Observability.Logging;
using NclueGateway.Observability.Telemetry;
using NclueGateway.Redis;
using NclueGateway.TaskRuns;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.TaskRuns.Status;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Signing;

namespace NclueGateway;

/// <summary>The composition of the gateway. The program, the sandbox, the tests and the benchmarks use it.</summary>
public static class GatewayBuilder
{
    /// <summary>Reads the settings and adds all services of the gateway.</summary>
    /// <exception cref="SettingsException">The settings have mistakes; the message lists all of them.</exception>
    public static WebApplicationBuilder AddGateway(this WebApplicationBuilder builder)
    {
        var settings = GatewaySettings.Read(builder.Configuration, builder.Environment);
        builder.AddLogs(settings.Secrets);
        builder.WebHost.ConfigureKestrel(RequestLimits.Apply);

        // A buffer of 4 kB for each open connection saves a system call before each read (docs/adr/0017).
        builder.WebHost.UseSockets(sockets => sockets.WaitForDataBeforeAllocatingBuffer = false);
        OperationsPort.Listen(builder, settings.Operations);
        builder.Services
            .AddSingleton(TimeProvider.System)
            .AddSingleton(settings.FindWarnings(builder.Environment))
            .AddSingleton(settings.Cache)
            .AddSingleton(settings.Snapshot)
            .AddSingleton(settings.Changes)
            .AddSingleton(settings.Quota)
            .AddSingleton(settings.Http)
            .AddTrustedProxies(settings.Http)
            .AddOperations(settings.Operations, settings.Http.IsPublic)
            .AddHostedService(services =>
                ActivatorUtilities.CreateInstance<SettingsReload>(services, builder.Configuration, (ReloadRule)Reload))
            .AddTelemetry(builder.Configuration)
            // Before AddProblems, whose exception handler handles all remaining exceptions.
            .AddSessions(settings.Session, settings.Auth, settings.Cache.KeyPrefix, settings.IsShared)
            .AddProblems()
            .AddPages()
            .AddAudit()
            .AddAccess(settings.Auth)
            .AddProviderHealth()
            .AddRedis(settings.Connections)
            .AddNclue(settings.Nclue, settings.IsShared, settings.Cache.KeepFor, SnapshotLogExtensions.LogKey(settings.Nclue))
            .AddMirror(settings.Nclue, settings.IsShared)
            .AddTaskRuns(settings.Nclue, settings.IsShared)
            .AddStatus()
            .AddSingleton(settings.Console)
            .AddConsole(settings.Console, TaskRunsEndpoint.Path)
            .AddApiDescription(settings.OpenApi);
        return builder;

        SettingsChange Reload(IServiceProvider services, IConfiguration inUse, IConfiguration candidate)
        {
            var changed = settings.ReadChanged(candidate, builder.Environment);
            return new(
                () =>
                {
                    services.GetRequiredService<Redactor>().Add(changed.Secrets); // before any of the new secrets is used
                    services.GetRequiredService<NclueCredentials>().Replace(changed.Nclue.Keys);
                },
                changed.Reader.FindRestartKeys(inUse));
        }
    }

    /// <summary>Builds the request pipeline.</summary>
    public static WebApplication UseGateway(this WebApplication app)
    {
        app.Services.GetRequiredService<SettingsWarnings>().Log(app.Logger);
        var hasSignIn = app.Services.GetRequiredService<BrowserSessionOptions>().IsOn;
        app.FetchProviderKeys();
        app.UsePublicPath();
        app.UseMiddleware<RequestLimitsMiddleware>();
        app.UseRequestLogging();
        app.UseAudit(user => user is AuthenticatedCaller { Caller: var caller } ? (caller.Client, caller.Subject) : (null, null));
        app.UseTrustedProxies();
        app.UseMiddleware<SecurityHeadersMiddleware>();
        app.UsePages();
        app.UseProblems();
        app.UseOperations();
        app.UseCrossOrigin();
        app.Use(RequestLimitsMiddleware.RejectLongBodyAsync);
        app.UsePublicHost();
        app.UseCachedAuthentication(uncached => uncached.UseCsrfProtection());
        app.UseMiddleware<CallerRateLimitMiddleware>(); // before authorization, because refused requests count
        app.UseAuthorization();

        var api = app.MapGroup("").WithRateLimit(RateLimit.Caller).Audited().ExtendsSession();
        api.MapTaskRuns();
        api.MapStatus();
        api.MapUnmatched("/api");
        var session = app.MapGroup("").Audited();
        session.MapSessions(hasSignIn);
        session.MapUnmatched(SessionConstants.Path);
        var hasConsole = app.Services.GetRequiredService<ConsoleOptions>().Enabled;
        if (hasConsole)
        {
            app.MapConsole(hasSignIn);
        }

        app.MapIndex(
            TaskRunsEndpoint.Path,
            hasConsole ? ConsoleLinks.Path : null,
            hasSignIn ? SessionConstants.Login : null,
            app.Services.GetRequiredService<OpenApiOptions>().UiEnabled);
        app.MapProblemPages();
        app.MapLanguage();
        PageAsset.Stylesheet.Map(app);
        app.MapApiDescription(hasSignIn);
        app.MapHealth();
        app.MapMetrics();
        return app;
    }
}
