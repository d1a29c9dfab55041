using System.Diagnostics;
using System.Text.RegularExpressions;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>Runs the gateway as a process of its own, as it is deployed.</summary>
internal static class GatewayProgram
{
    /// <summary>Settings with which it starts, on a free port.</summary>
    public static Dictionary<string, string> Good(TestIssuer issuer) => new()
    {
        ["Nclue__AccessKey"] = "AK",
        ["Nclue__SecretKey"] = "canary-of-a-secret",
        ["Nclue__BaseAddress"] = "http://127.0.0.1:9/api/v1/",
        ["Auth__Authority"] = issuer.Address,
        ["Auth__Audience"] = "gateway",
        ["Auth__RequireHttpsMetadata"] = "false",
        ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
    };

    /// <summary>Returns the address on which it listens, once it has logged it; null if it ends before.</summary>
    public static async Task<Uri?> ReadAddressAsync(Process gateway, List<string> lines)
    {
        while (await gateway.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            lines.Add(line);
            if (line.Contains("Now listening on", StringComparison.Ordinal)
                && Regex.Match(line, "https?://127\\.0\\.0\\.1:[0-9]+") is { Success: true } address)
            {
                return new(address.Value);
            }
        }

        return null;
    }

    /// <param name="settings">Its environment variables. It inherits no settings of the tests.</param>
    /// <param name="arguments">Its command line.</param>
    public static Process Start(Dictionary<string, string> settings, params string[] arguments)
    {
        SlowTests.ShouldSayWhatTheyNeed();
        var start = new ProcessStartInfo("dotnet", [typeof(GatewayBuilder).Assembly.Location, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.Contains("__", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs it until it exits.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        Dictionary<string, string> settings, params string[] arguments)
    {
        using var program = Start(settings, arguments);
        var output = program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await program.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (program.ExitCode, await output, errors);
    }
}
