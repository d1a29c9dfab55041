namespace NclueGateway.Sandbox;

/// <summary>The gateway with everything it needs, on one machine and without an account: <c>dotnet run --project src/Sandbox</c>.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (SandboxOptions.Parse(args) is not { } options)
        {
            await Console.Error.WriteLineAsync(SandboxOptions.Usage);
            return 2;
        }

        using var signal = new StopSignal();
        try
        {
            await using var sandbox = await SandboxHost.StartAsync(options with { Keys = SandboxOptions.KeysOfEnvironment() }, signal.Token);
            Console.WriteLine(await Banner.WriteAsync(sandbox, signal.Token));
            await sandbox.WaitForEndAsync(signal.Token);
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            // Ended while it was still starting.
        }

        return 0;
    }
}
