using NclueGateway.Sandbox.Identity;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Harness;

/// <summary>Environment variables of a gateway process.</summary>
internal static class GatewayEnvironment
{
    /// <summary>Setting that disables the audit.</summary>
    public static readonly KeyValuePair<string, string> AuditOff = new("Serilog__MinimumLevel__Override__NclueGateway.Audit", "Fatal");

    private const string AccessKey = "AK";
    private const string SecretKey = "SK";

    /// <summary>Starts a simulated NCLUE that accepts the gateway's keys.</summary>
    /// <param name="runs">Number of runs of the account.</param>
    /// <param name="isFrozen">False for a list with the newest run first, whose first runs are unfinished for two minutes.</param>
    public static Task<SimulatedNclue> StartNclueAsync(int runs = 250, bool isFrozen = true) =>
        SimulatedNclue.StartAsync(new() { Keys = { [AccessKey] = SecretKey }, Frozen = isFrozen, Runs = runs }, CancellationToken.None);

    /// <summary>Returns the required settings: the address and the keys of NCLUE, and the identity provider.</summary>
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
