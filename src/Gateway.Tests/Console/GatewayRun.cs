using System.Diagnostics;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Console;

/// <summary>The gateway's program, which is killed at the end.</summary>
internal sealed class GatewayRun : IAsyncDisposable
{
    private readonly Process _process;

    private GatewayRun(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public static async Task<GatewayRun> StartAsync(Dictionary<string, string> settings)
    {
        var process = GatewayProgram.Start(settings);
        List<string> lines = [];
        var address = await GatewayProgram.ReadAddressAsync(process, lines)
            ?? throw new InvalidOperationException(string.Join('\n', lines));

        // Full pipes would stop the program.
        _ = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        _ = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        return new(process, address);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
