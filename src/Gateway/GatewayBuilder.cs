using NclueGateway.Access;
using NclueGateway.Access.Sessions;
using NclueGateway.Caching;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.Nclue;
using NclueGateway.Operations;
using NclueGateway.Operations.Audit;
using NclueGateway.Operations.Telemetry;
using NclueGateway.Redis;
using NclueGateway.Settings;
using NclueGateway.TaskRuns;
using Swashbuckle.AspNetCore.SwaggerGen;

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
        var auth = settings.Read<AuthOptions>(AuthOptions.Section, "Session");
        var session = settings.Read<BrowserSessionOptions>(BrowserSessionOptions.Section);
        var quota = settings.Read<QuotaOptions>(QuotaOptions.Section);
        var http = settings.Read<HttpOptions>(HttpOptions.Section);
        var openApi = settings.Read<OpenApiOptions>(OpenApiOptions.Section);
        var connections = settings.Read<ConnectionStringOptions>(ConnectionStringOptions.Section);
        var operations = settings.Read<OperationsOptions>(OperationsOptions.Section);
        var isShared = connections.Redis.Length > 0;
        if (session.IsOn && !builder.Environment.IsDevelopment())
        {
            RefuseUnsafeSessions(settings, session, http, isShared);
        }

        LogLevels.Check(settings, builder.Configuration);
        settings.ThrowIfMistaken();

        builder.AddLogs(settings.Secrets);
        builder.WebHost.ConfigureKestrel(RequestLimits.Apply);
        OperationsPort.Listen(builder, operations);
        builder.Services
            .AddSingleton(TimeProvider.System)
            .AddSingleton(cache)
            .AddSingleton(quota)
            .AddSingleton(http)
            .AddTrustedProxies(http)
            .AddOperations(operations)
            .AddTelemetry(builder.Configuration)
            .AddSessions(session, cache.KeyPrefix, isShared) // before the problems: their exception handler takes all that is left
            .AddProblems()
            .AddAudit()
            .AddCrossOrigin(auth)
            .AddBearerSignIn(auth)
            .AddProviderHealth()
            .AddPermissions()
            .AddRedis(connections)
            .AddNclue(nclue, isShared, cache.KeepFor)
            .AddTaskRuns(nclue, isShared)
            .AddOpenApi(openApi, DescribeOperations);
        return builder;
    }

    /// <summary>What the API's description describes, in this order.</summary>
    internal static void DescribeOperations(SwaggerGenOptions api)
    {
        api.DocumentFilter<TaskRunOperations>();
        api.DocumentFilter<SessionOperations>();
    }

    /// <summary>Puts the request path together.</summary>
    public static WebApplication UseGateway(this WebApplication app)
    {
        var hasSignIn = app.Services.GetRequiredService<BrowserSessionOptions>().IsOn;
        app.UseTelemetry();
        app.UseMiddleware<RequestLog>();
        app.UseAudit(user => user is SignedInCaller { Caller: var caller } ? (caller.Client, caller.Subject) : (null, null));
        app.UseForwardedHeaders();
        app.UseMiddleware<SecurityHeaders>();
        app.UseProblems();
        app.UseMiddleware<DrainingAnswer>();
        app.UseOperationsPort();
        app.UseCrossOrigin();
        app.UseHostCheck();
        app.UseAnonymousQuota();
        app.UseAuthentication();
        if (hasSignIn)
        {
            app.UseSessionGuard(); // before the quota: another site must not use up what belongs to the person
            app.MapSessions();
        }

        app.UseCallerQuota();
        app.UseAuthorization();
        app.MapDiscovery(TaskRunsEndpoint.Path, hasSignIn ? SessionEndpoints.Login : null);
        app.MapTaskRuns();
        app.MapProblemPages();
        app.MapOpenApi(hasSignIn);
        app.MapHealth();
        app.MapMetrics();
        return app;
    }

    private static void RefuseUnsafeSessions(SettingsReader settings, BrowserSessionOptions session, HttpOptions http, bool isShared)
    {
        if (http.PublicOrigin.Length == 0)
        {
            settings.Add("Http:PublicOrigin", "it is required with browser sign-in: where browsers return to must not follow the Host they send.");
        }

        if (isShared && session.DataProtectionCertificate.Length == 0 && !session.AllowUnencryptedKeys)
        {
            settings.Add(
                "Auth:Session:DataProtectionCertificate",
                "it is required with browser sign-in and Redis, unless Auth:Session:AllowUnencryptedKeys is true.");
        }
    }
}
