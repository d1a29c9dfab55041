using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using NclueGateway.Sandbox.Frontend;
using NclueGateway.Sandbox.Identity;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Sandbox;

/// <summary>The servers of the sandbox, started in the order of their dependencies.</summary>
internal sealed class SandboxHost : IAsyncDisposable
{
    private readonly GatewayProcess _gateway;

    private readonly SampleFrontend _frontend;

    private SandboxHost(SimulatedNclue nclue, LocalIdentityProvider identity, SampleFrontend frontend, GatewayProcess gateway) =>
        (Nclue, Identity, _frontend, _gateway) = (nclue, identity, frontend, gateway);

    public SimulatedNclue Nclue { get; }

    public LocalIdentityProvider Identity { get; }

    /// <summary>Address that the gateway listens on, without a path.</summary>
    public Uri GatewayAddress => _gateway.Address;

    /// <summary>Address of the sample frontend.</summary>
    public Uri FrontendAddress => _frontend.Address;

    public static async Task<SandboxHost> StartAsync(SandboxOptions options, CancellationToken cancellationToken)
    {
        var (accessKey, secretKey) = options.Keys ?? ($"sandbox-{NewSecret()[..8]}", NewSecret());
        SimulatedNclue? nclue = null;
        LocalIdentityProvider? identity = null;
        SampleFrontend? frontend = null;
        try
        {
            nclue = await SimulatedNclue.StartAsync(
                new()
                {
                    Listen = options.Listen,
                    Port = FreePort(options.Listen, options.NcluePort),
                    Runs = options.Runs,
                    Demo = true,
                    NewRunEvery = options.Moving ? DemoRuns.NewRunEvery : null,
                    DeleteAfterNewRuns = options.Moving ? 1 : null,
                    DeletedRow = DemoRuns.DeletedRow,
                    Keys = { [accessKey] = secretKey },
                },
                cancellationToken);
            identity = await LocalIdentityProvider.StartAsync(
                new()
                {
                    Listen = options.Listen,
                    Port = FreePort(options.Listen, options.IdentityPort),
                    AccessTokenLifetime = TimeSpan.FromHours(12),
                },
                cancellationToken);
            frontend = await SampleFrontend.StartAsync(FreePort(options.Listen, options.FrontendPort), cancellationToken, options.Listen);
            var gateway = await GatewayProcess.StartAsync(
                options.Listen,
                FreePort(options.Listen, options.GatewayPort),
                new Dictionary<string, string?>
                {
                    ["Nclue:BaseAddress"] = nclue.BaseAddress.AbsoluteUri,
                    ["Nclue:AccessKey"] = accessKey,
                    ["Nclue:SecretKey"] = secretKey,
                    ["Operations:DrainDelay"] = "00:00:00", // no load balancer routes by the readiness probe
                    ["Auth:Authority"] = identity.Authority.AbsoluteUri,
                    ["Auth:Audience"] = LocalIdentityProvider.Audience,
                    ["Auth:RequireHttpsMetadata"] = "false",
                    ["Auth:AllowedOrigins:0"] = frontend.Address.GetLeftPart(UriPartial.Authority),
                    ["Auth:Session:ClientId"] = LocalIdentityProvider.BrowserClientId,
                    ["Auth:Session:ClientSecret"] = identity.BrowserClientSecret,
                },
                cancellationToken);
            await identity.AllowGatewayAsync(gateway.Address, cancellationToken);
            frontend.Gateway = gateway.Address;
            return new SandboxHost(nclue, identity, frontend, gateway);
        }
        catch
        {
            await DisposeAllAsync(frontend, identity, nclue);
            throw;
        }
    }

    /// <summary>Waits until the gateway stops by itself or <paramref name="stop"/> is cancelled.</summary>
    public Task WaitForEndAsync(CancellationToken stop) => _gateway.WaitForEndAsync(stop);

    public async ValueTask DisposeAsync() => await DisposeAllAsync(_gateway, _frontend, Identity, Nclue);

    private static async Task DisposeAllAsync(params IAsyncDisposable?[] servers)
    {
        foreach (var server in servers)
        {
            await (server?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    /// <summary>Returns the port, or 0 (any free port) if it is in use.</summary>
    private static int FreePort(IPAddress listen, int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(listen, port));
            probe.Listen();
            return port;
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(30));
}
