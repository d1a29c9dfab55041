using System.Diagnostics;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Console;

/// <summary>The gateway's own program, with the OpenID provider of another project, which runs in Node.js.</summary>
internal sealed class OtherProvider : IAsyncDisposable
{
    private const string Secret = "a-secret-of-this-test";

    private readonly SimulatedNclue _nclue;
    private readonly Process _provider;
    private GatewayRun? _gateway;

    private OtherProvider(SimulatedNclue nclue, Process provider) => (_nclue, _provider) = (nclue, provider);

    public Uri Gateway => _gateway!.Address;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<OtherProvider> StartAsync()
    {
        SlowTests.ShouldSayWhatTheyNeed();
        var nclue = await SimulatedNclue.StartAsync(new() { Keys = { ["AK"] = "SK" }, Runs = 120, Strict = false }, Ct);
        var folder = Path.Combine(Repository.Root, "src", "Gateway.Tests", "Console", "provider");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
        {
            using var install = Start(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
            await install.WaitForExitAsync(Ct);
            install.ExitCode.ShouldBe(0);
        }

        var started = new OtherProvider(nclue, Start(folder, "node", "provider.mjs"));
        var issuer = await started._provider.StandardOutput.ReadLineAsync(Ct);
        started._gateway = await GatewayRun.StartAsync(new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development", // sessions without Redis
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["Nclue__BaseAddress"] = nclue.BaseAddress.AbsoluteUri,
            ["Nclue__AccessKey"] = "AK",
            ["Nclue__SecretKey"] = "SK",
            ["Auth__Authority"] = issuer!,
            ["Auth__Audience"] = "gateway",
            ["Auth__RequireHttpsMetadata"] = "false",
            ["Auth__Session__ClientId"] = "nclue-gateway",
            ["Auth__Session__ClientSecret"] = Secret,
        });
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        await (_gateway?.DisposeAsync() ?? default);
        _provider.Kill();
        _provider.Dispose();
        await _nclue.DisposeAsync();
    }

    private static Process Start(string folder, string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["CLIENT_SECRET"] = Secret },
        })!;
}
