using System.Globalization;
using System.Net;

namespace NclueGateway.Sandbox;

/// <summary>
/// Command-line options of the sandbox. A port that is in use is replaced by a free one; 0 stands for a free port.
/// </summary>
internal sealed record SandboxOptions
{
    public const string Usage =
        "Usage: dotnet run --project src/Sandbox -- [--runs 500] [--gateway-port 5080] [--nclue-port 5081] [--identity-port 5082] "
        + "[--frontend-port 5083] [--listen loopback] [--moving yes]\n"
        + "--listen any: listen on all interfaces, for a container whose ports are published to 127.0.0.1 only. "
        + "Every client that reaches the sandbox can sign in as any user.\n"
        + "--moving no: no run is added or deleted.";

    /// <summary>Number of runs of the simulated account at startup: 0 to 100,000, about 500 a month.</summary>
    public int Runs { get; init; } = 500;

    /// <summary>True if runs are added and deleted while the sandbox runs. Those that are unfinished at startup end in any case.</summary>
    public bool Moving { get; init; } = true;

    public int GatewayPort { get; init; } = 5080;

    public int NcluePort { get; init; } = 5081;

    public int IdentityPort { get; init; } = 5082;

    public int FrontendPort { get; init; } = 5083;

    /// <summary>
    /// Address that all servers listen on. It is other than loopback only in a container; even then every server is
    /// addressed as 127.0.0.1.
    /// </summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>The key pair that the simulated NCLUE accepts; null for a random pair.</summary>
    public (string AccessKey, string SecretKey)? Keys { get; init; }

    /// <summary>
    /// Returns the key pair from the environment, to run <c>check</c> or another gateway against the sandbox. It has
    /// its own variables, so that the keys of a gateway on this machine are not used.
    /// </summary>
    public static (string AccessKey, string SecretKey)? KeysOfEnvironment() =>
        Environment.GetEnvironmentVariable("Sandbox__AccessKey") is { Length: > 0 } accessKey
        && Environment.GetEnvironmentVariable("Sandbox__SecretKey") is { Length: > 0 } secretKey
            ? (accessKey, secretKey)
            : null;

    /// <summary>Returns the options of a command line; null if it is invalid.</summary>
    public static SandboxOptions? Parse(IReadOnlyList<string> args)
    {
        SandboxOptions? options = new();
        for (var i = 0; i < args.Count && options is not null; i += 2)
        {
            var text = args.ElementAtOrDefault(i + 1);
            var value = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
            options = args[i] switch
            {
                "--runs" when value is >= 0 and <= 100_000 => options with { Runs = value },
                "--gateway-port" when value is >= 0 and <= 65_535 => options with { GatewayPort = value },
                "--nclue-port" when value is >= 0 and <= 65_535 => options with { NcluePort = value },
                "--identity-port" when value is >= 0 and <= 65_535 => options with { IdentityPort = value },
                "--frontend-port" when value is >= 0 and <= 65_535 => options with { FrontendPort = value },
                "--listen" when text is "loopback" => options with { Listen = IPAddress.Loopback },
                "--listen" when text is "any" => options with { Listen = IPAddress.Any },
                "--moving" when text is "yes" or "no" => options with { Moving = text is "yes" },
                _ => null,
            };
        }

        return options;
    }
}
