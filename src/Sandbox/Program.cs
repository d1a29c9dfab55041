using System.Globalization;

namespace NclueGateway.Sandbox;

/// <summary>
/// Runs the gateway with all its dependencies on one machine, without an account: <c>dotnet run --project
/// src/Sandbox</c>.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture; // as the gateway's own program (docs/adr/0025)
        if (SandboxOptions.Parse(args) is not { } options)
        {
            await System.Console.Error.WriteLineAsync(SandboxOptions.Usage);
            return 2;
        }

        using var signal = new StopSignal();
        try
        {
            var keyed = options with { Keys = SandboxOptions.KeysOfEnvironment() };
            await using var sandbox = await SandboxHost.StartAsync(keyed, signal.Token);
            System.Console.WriteLine(await Banner.WriteAsync(sandbox, signal.Token));
            await sandbox.WaitForEndAsync(signal.Token);
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            // The sandbox was stopped during startup.
        }

        return 0;
    }
}
