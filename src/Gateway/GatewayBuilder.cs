using NclueGateway.Access;
using NclueGateway.Caching;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.Nclue;
using NclueGateway.Operations;
using NclueGateway.Operations.Audit;
using NclueGateway.Redis;
using NclueGateway.Settings;
using NclueGateway.TaskRuns;

namespace NclueGateway;

/// <summary>The composition of the gateway: the program, the sandbox, the tests and the benchmarks all run this one.</summary>
public static class GatewayBuilder
{
    /// <summary>Reads the settings and adds everything the gateway is made of.</summary>
    /// <exception cref="SettingsException">The settings have mistakes; the message lists all of them.</exception>
    public static WebApplicationBuilder AddGateway(this WebApplicationBuilder builder)
    {
        var settings = new SettingsReader(builder.Configuration);
        var nclue = settings.Read<NclueOptions>(NclueOptions.Section);
        var cache = settings.Read<CacheOptions>(CacheOptions.Section);
        var auth = settings.Read<AuthOptions>(AuthOptions.Section);
        var quota = settings.Read<QuotaOptions>(QuotaOptions.Section);
        var openApi = settings.Read<OpenApiOptions>(OpenApiOptions.Section);
        var connections = settings.Read<ConnectionStringOptions>(ConnectionStringOptions.Section);
        settings.Refuse("Http");
        settings.Refuse("Operations");
        settings.ThrowIfMistaken();
        var isShared = connections.Redis.Length > 0;

        builder.AddLogs();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services
            .AddSingleton(TimeProvider.System)
            .AddSingleton(cache)
            .AddSingleton(quota)
            .AddProblems()
            .AddAudit()
            .AddBearerSignIn(auth)
            .AddPermissions()
            .AddRedis(connections)
            .AddNclue(nclue, isShared, cache.KeepFor)
            .AddTaskRuns(nclue, isShared)
            .AddOpenApi(openApi)
            .AddHealthChecks();
        return builder;
    }

    /// <summary>Puts the request path together.</summary>
    public static WebApplication UseGateway(this WebApplication app)
    {
        app.UseAudit(user => user is SignedInCaller { Caller: var caller } ? (caller.Client, caller.Subject) : (null, null));
        app.UseProblems();
        app.UseAnonymousQuota();
        app.UseAuthentication();
        app.UseCallerQuota();
        app.UseAuthorization();
        app.MapTaskRuns();
        app.MapProblemPages();
        app.MapOpenApi();
        app.MapHealth();
        return app;
    }
}
