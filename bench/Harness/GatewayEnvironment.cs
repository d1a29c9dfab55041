using NclueGateway.Sandbox.Identity;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Harness;

/// <summary>What a gateway process is told by its environment.</summary>
internal static class GatewayEnvironment
{
    /// <summary>No line of the audit is written.</summary>
    public static readonly KeyValuePair<string, string> AuditOff = new("Serilog__MinimumLevel__Override__NclueGateway.Audit", "Fatal");

    private const string AccessKey = "AK";
    private const string SecretKey = "SK";

    /// <summary>A simulated NCLUE that lets a gateway in.</summary>
    /// <param name="runs">How many runs the account has.</param>
    public static Task<SimulatedNclue> StartNclueAsync(int runs = 250) =>
        SimulatedNclue.StartAsync(new() { Keys = { [AccessKey] = SecretKey }, Frozen = true, Runs = runs }, CancellationToken.None);

    /// <summary>What no gateway can do without: where NCLUE is, with which keys, and who signs its callers in.</summary>
    public static Dictionary<string, string> Between(SimulatedNclue nclue, LocalIdentityProvider identity) => new()
    {
        ["Nclue__BaseAddress"] = nclue.BaseAddress.AbsoluteUri,
        ["Nclue__AccessKey"] = AccessKey,
        ["Nclue__SecretKey"] = SecretKey,
        ["Auth__Authority"] = identity.Authority.AbsoluteUri,
        ["Auth__Audience"] = LocalIdentityProvider.Audience,
        ["Auth__RequireHttpsMetadata"] = "false",
    };
}
