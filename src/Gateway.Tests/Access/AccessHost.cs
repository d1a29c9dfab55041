using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Access;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;
using NclueGateway.Access.Sessions;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.Http.Pages;
using NclueGateway.Observability.Health;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>
/// A real server with only authentication, permissions, problems and the API description, one protected endpoint, and an
/// identity provider of its own.
/// </summary>
internal sealed class AccessHost : IAsyncDisposable
{
    public const string Protected = "/api/task-runs";

    private readonly WebApplication _app;
    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false, UseCookies = false };

    private AccessHost(WebApplication app, TestIssuer issuer, FakeTimeProvider time, FakeLogCollector logs)
    {
        _app = app;
        Issuer = issuer;
        Time = time;
        Logs = logs;
        Client = new HttpClient(_handler) { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public TestIssuer Issuer { get; }

    public FakeTimeProvider Time { get; }

    public FakeLogCollector Logs { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Number of tokens that the framework's handler has validated; tokens found in the cache do not count.</summary>
    public int Validations => Logs.GetSnapshot().Count(entry =>
        entry.Category == typeof(JwtBearerHandler).FullName && entry.Message == "Successfully validated the token.");

    /// <param name="configure">Changes the sign-in settings.</param>
    /// <param name="map">Adds endpoints.</param>
    /// <param name="openApi">Changes the settings of the description.</param>
    /// <param name="pathBase">The application's base path.</param>
    /// <param name="settings">Further configuration.</param>
    /// <param name="http">The public address and the proxies.</param>
    /// <param name="hasSignIn">True if Swagger UI offers browser sign-in.</param>
    /// <param name="quota">The caller's quota; by default enough for any test.</param>
    /// <param name="hasProviderHealth">True to fetch the provider's keys at startup.</param>
    /// <param name="hasConsole">True if the index links to the console.</param>
    public static async Task<AccessHost> StartAsync(
        Action<AuthOptions>? configure = null,
        Action<WebApplication>? map = null,
        OpenApiOptions? openApi = null,
        string? pathBase = null,
        Dictionary<string, string?>? settings = null,
        HttpOptions? http = null,
        bool hasSignIn = false,
        QuotaOptions? quota = null,
        bool hasProviderHealth = false,
        bool hasConsole = false)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
        var issuer = await TestIssuer.StartAsync(time);
        var options = new AuthOptions { Authority = issuer.Address, Audience = "gateway", RequireHttpsMetadata = false };
        configure?.Invoke(options);

        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.WebHost.ConfigureKestrel(RequestLimits.Apply).ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders().AddFakeLogging().SetMinimumLevel(LogLevel.Trace);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(http ??= new());
        builder.Services.AddTrustedProxies(http);
        builder.Services.AddSingleton(new SignInAddress(hasSignIn ? SessionConstants.Login : null));
        builder.Services.AddSingleton(quota ?? new() { Burst = 100_000 }); // tests send more requests at once than callers do
        builder.Services.AddProblems();
        builder.Services.AddPages();
        builder.Services.AddAccess(options);
        if (hasProviderHealth)
        {
            builder.Services.AddProviderHealth();
        }

        builder.Services.AddApiDescription(openApi ?? new());
        builder.Services.ConfigureSwaggerGen(api =>
        {
            SessionOpenApi.AddScheme(api);
            // Excludes the endpoints that a test adds.
            api.DocInclusionPredicate((_, endpoint) => endpoint.ActionDescriptor.EndpointMetadata.OfType<ApiTag>().Any());
        });
        builder.Services.AddOperations(new() { DrainDelay = TimeSpan.Zero }, http.IsPublic);

        var app = builder.Build();
        if (hasProviderHealth)
        {
            app.FetchProviderKeys();
        }

        app.UsePathBase(pathBase);
        app.UseRouting();
        app.UseTrustedProxies();
        app.UseMiddleware<SecurityHeadersMiddleware>();
        app.UsePages();
        app.UseProblems();
        app.UseCrossOrigin();
        app.UsePublicHost();
        app.UseCachedAuthentication();
        app.UseMiddleware<CallerRateLimitMiddleware>();
        app.UseAuthorization();
        var hasUi = app.Services.GetRequiredService<OpenApiOptions>().UiEnabled;
        app.MapIndex(Protected, hasConsole ? "/console" : null, hasSignIn ? SessionConstants.Login : null, hasUi);
        app.MapProblemPages();
        app.MapLanguage();
        PageAsset.Stylesheet.Map(app);
        app.MapApiDescription(hasSignIn);
        app.MapHealth();
        var api = app.MapGroup("").WithRateLimit(RateLimit.Caller);
        var list = (HttpContext context) => ((AuthenticatedCaller)context.User).Caller.Subject;
        api.MapMethods(Protected, [HttpMethods.Get], list)
            .RequirePermission(Permission.ReadTaskRuns)
            .WithName("listTaskRuns")
            .WithSummary("List task runs")
            .DescribeList(list.Method, hasBody: true, parameters: () => []);
        api.MapUnmatched("/api");
        app.MapSessions(isOn: false); // described only; a test that needs them maps its own
        map?.Invoke(app);
        await app.StartAsync();
        return new(app, issuer, time, app.Services.GetFakeLogCollector());
    }

    /// <summary>Requests the protected endpoint with these values of the Authorization header.</summary>
    public Task<HttpResponseMessage> GetAsync(params string[] authorization) => SendAsync(HttpMethod.Get, Protected, authorization);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params string[] authorization)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var value in authorization)
        {
            request.Headers.TryAddWithoutValidation("Authorization", value).ShouldBeTrue();
        }

        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Sends these lines unchanged, which HTTP clients do not do, and returns the whole response.</summary>
    public async Task<string> SendRawAsync(params string[] lines)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(Client.BaseAddress!.Host, Client.BaseAddress.Port, TestContext.Current.CancellationToken);
        var stream = tcp.GetStream();
        var request = string.Join("\r\n", [.. lines, "Host: gateway", "Connection: close", "", ""]);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Requests the protected endpoint with a token.</summary>
    public Task<HttpResponseMessage> GetWithAsync(string token) => GetAsync("Bearer " + token);

    /// <summary>Requests the protected endpoint with a valid token to which a change has been applied.</summary>
    public Task<HttpResponseMessage> GetWithAsync(Action<TokenDraft>? change = null) => GetWithAsync(Issuer.Issue(change));

    /// <summary>
    /// Sends a valid token twice, so that it is in the cache, and advances the clock so that keys may be fetched again.
    /// </summary>
    public async Task WarmUpAsync()
    {
        var token = Issuer.Issue();
        var before = Validations;
        for (var i = 0; i < 2; i++)
        {
            using var response = await GetWithAsync(token);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        Validations.ShouldBe(before + 1);
        Time.Advance(OidcMetadataCache.LeastInterval);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _handler.Dispose();
        await _app.DisposeAsync();
        await Issuer.DisposeAsync();
    }
}
