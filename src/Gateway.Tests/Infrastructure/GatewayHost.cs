using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Access.Bearer;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// The whole gateway as it runs in production, on a free loopback port, between a real simulated NCLUE and a real identity provider.
/// All three use one clock, which stands still until a test advances it.
/// </summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    public const string AccessKey = "ncp_iam_TESTACCESSKEY";
    public const string SecretKey = "test-secret-key-canary";

    private readonly WebApplication _app;
    private readonly bool _ownsSurroundings;

    private GatewayHost(
        WebApplication app,
        SimulatedNclue nclue,
        TestIssuer issuer,
        FakeTimeProvider? clock,
        FakeLogCollector logs,
        CapturedLog written,
        bool ownsSurroundings)
    {
        _app = app;
        _ownsSurroundings = ownsSurroundings;
        Nclue = nclue;
        Issuer = issuer;
        Clock = clock!;
        Logs = logs;
        Written = written;
        var server = app.Services.GetRequiredService<IServer>();
        Addresses = [.. server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(address => new Uri(address))];
        Address = Addresses[0];
        Client = CreateClient();
    }

    public Uri Address { get; }

    /// <summary>Addresses on which the gateway listens.</summary>
    public IReadOnlyList<Uri> Addresses { get; }

    public SimulatedNclue Nclue { get; }

    public TestIssuer Issuer { get; }

    /// <summary>Clock of the host, unless it was started with the real one.</summary>
    public FakeTimeProvider Clock { get; }

    public FakeLogCollector Logs { get; }

    /// <summary>Standard output: in a test only lines about requests.</summary>
    public CapturedLog Written { get; }

    /// <summary>Client with the permission to read.</summary>
    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    /// <param name="nclue">Options of the simulated NCLUE; its keys and clock are set here.</param>
    /// <param name="settings">Settings of the gateway besides the addresses.</param>
    /// <param name="realTime">True if all parts use the real clock.</param>
    /// <param name="environment">The name of the environment.</param>
    /// <param name="provider">Changes the identity provider before the gateway's first request to it.</param>
    public static async Task<GatewayHost> StartAsync(
        SimulatedNclueOptions? nclue = null, IReadOnlyDictionary<string, string?>? settings = null, bool realTime = false,
        string environment = "Production", Action<TestIssuer>? provider = null)
    {
        if (realTime)
        {
            SlowTests.ShouldSayWhatTheyNeed();
        }

        var clock = realTime ? null : new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        TimeProvider time = clock ?? TimeProvider.System;
        nclue ??= new SimulatedNclueOptions { Frozen = true };
        var upstream = await SimulatedNclue.StartAsync(nclue.With(time), CancellationToken.None);
        upstream.Keys[AccessKey] = SecretKey;
        var issuer = await TestIssuer.StartAsync(time);
        provider?.Invoke(issuer);
        return await StartAsync(upstream, issuer, clock, time, settings, null, environment, ownsSurroundings: true);
    }

    /// <summary>Starts another replica, by the real clock, with the same NCLUE and identity provider, which outlive it.</summary>
    /// <param name="settings">Settings of this replica.</param>
    /// <param name="time">The clock of its machine.</param>
    /// <param name="services">Changes its services.</param>
    /// <param name="environment">The name of the environment.</param>
    public Task<GatewayHost> StartReplicaAsync(
        IReadOnlyDictionary<string, string?> settings, TimeProvider? time = null, Action<IServiceCollection>? services = null,
        string environment = "Production") =>
        StartAsync(Nclue, Issuer, null, time ?? TimeProvider.System, settings, services, environment, ownsSurroundings: false);

    private static async Task<GatewayHost> StartAsync(
        SimulatedNclue upstream, TestIssuer issuer, FakeTimeProvider? clock, TimeProvider time,
        IReadOnlyDictionary<string, string?>? settings,
        Action<IServiceCollection>? services, string environment, bool ownsSurroundings)
    {
        var logs = new FakeLogCollector();
        var written = new CapturedLog();

        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Nclue:BaseAddress"] = upstream.BaseAddress.AbsoluteUri,
            ["Nclue:AccessKey"] = AccessKey,
            ["Nclue:SecretKey"] = SecretKey,
            ["Auth:Authority"] = issuer.Address,
            ["Auth:Audience"] = "gateway",
            ["Auth:RequireHttpsMetadata"] = "false",
            ["Operations:DrainDelay"] = "00:00:00", // the clock stands still, so another delay would never end
            ["Quota:Burst"] = "100000", // tests read more often than callers do, while the clock stands still
        });
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddGateway();
        builder.Services.AddSingleton(time);
        builder.Services.AddKeyedSingleton<TextWriter>(NclueGateway.Observability.Logging.LoggingSetup.Output, written);
        services?.Invoke(builder.Services);
        builder.Services.RemoveAll<ILoggerFactory>();
        builder.Services.AddLogging(
            logging => logging.ClearProviders().AddProvider(new FakeLoggerProvider(logs)).SetMinimumLevel(LogLevel.Trace));
        builder.Services.AddSingleton<ILoggerFactory, LoggerFactory>();
        var app = builder.Build();
        if (upstream.Certificate is { } certificate)
        {
            var handler = app.Services.GetRequiredKeyedService<SocketsHttpHandler>(NclueHttpHandlerFactory.Key);
            handler.SslOptions.RemoteCertificateValidationCallback =
                (_, served, _, _) => served?.GetCertHashString() == certificate.GetCertHashString();
        }

        app.UseGateway();
        await app.StartAsync();
        var gateway = new GatewayHost(app, upstream, issuer, clock, logs, written, ownsSurroundings);

        // The issuer's keys must be fetched within a few seconds of a clock that a test may advance faster than the network can follow.
        await app.Services.GetRequiredService<OidcMetadataCache>().GetAsync();
        using var response = await gateway.Client.GetAsync("/api/task-runs?limit=0", TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        return gateway;
    }

    /// <summary>Stops as on SIGTERM.</summary>
    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    /// <summary>Creates a client that is signed in as <paramref name="subject"/>.</summary>
    public HttpClient CreateClient(string subject = "reader")
    {
        var client = CreateAnonymousClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Issuer.Issue(token =>
        {
            Issuer.Reader?.Invoke(token);
            token.Claims["sub"] = subject;
            token.Claims["exp"] = TimeProvider.System.GetUtcNow().AddDays(30).ToUnixTimeSeconds();
        }));
        return client;
    }

    public HttpClient CreateAnonymousClient() => new(new ContractHandler(new SocketsHttpHandler { AllowAutoRedirect = false }))
    {
        BaseAddress = Address,
        Timeout = TimeSpan.FromSeconds(30), // of the real clock, in case a test hangs
    };

    /// <summary>Reads a page as <see cref="Client"/>.</summary>
    public Task<PageResponse> ReadAsync(int index = 0, int limit = 20) => ReadAsync(Client, index, limit);

    public static async Task<PageResponse> ReadAsync(HttpClient client, int index = 0, int limit = 20)
    {
        using var response = await client.GetAsync($"/api/task-runs?index={index}&limit={limit}", TestContext.Current.CancellationToken);
        return await PageResponse.ReadAsync(response);
    }

    /// <summary>Advances the clock to the next permit.</summary>
    public void AdvanceOneInterval() => Clock.Advance(TimeSpan.FromMilliseconds(1050));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        if (_ownsSurroundings)
        {
            await Nclue.DisposeAsync();
            await Issuer.DisposeAsync();
        }
    }
}
