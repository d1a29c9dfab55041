using NclueGateway.Sandbox.Identity;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Micro;

/// <summary>What a gateway needs, on loopback: an upstream, an identity provider, and callers whom that one has given tokens (RS256).</summary>
internal sealed class Surroundings : IAsyncDisposable
{
    /// <summary>So many that none meets its quota, which allows at most 10,000 requests a second.</summary>
    public const int Callers = 64;

    private readonly SimulatedNclue _nclue;
    private readonly LocalIdentityProvider _identity;

    private Surroundings(SimulatedNclue nclue, LocalIdentityProvider identity, IReadOnlyList<string> tokens) =>
        (_nclue, _identity, Tokens) = (nclue, identity, tokens);

    /// <summary>An access token of each caller; all may read.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>
    /// The settings of a gateway here. Defaults but for the quota, which is the largest there is, and the time that a block stays fresh: no refresh
    /// comes in between while something is measured.
    /// </summary>
    /// <param name="hasAudit">Whether reads are audited.</param>
    public IReadOnlyDictionary<string, string?> Settings(bool hasAudit) => new Dictionary<string, string?>
    {
        ["Nclue:BaseAddress"] = _nclue.BaseAddress.AbsoluteUri,
        ["Nclue:AccessKey"] = "AK",
        ["Nclue:SecretKey"] = "SK",
        ["Auth:Authority"] = _identity.Authority.AbsoluteUri,
        ["Auth:Audience"] = LocalIdentityProvider.Audience,
        ["Auth:RequireHttpsMetadata"] = "false",
        ["Cache:FreshFor"] = "01:00:00",
        ["Operations:DrainDelay"] = "00:00:00",
        ["Quota:RequestsPerSecond"] = "10000",
        ["Quota:Burst"] = "100000",
        [$"Serilog:MinimumLevel:Override:{EventLog.Audit}"] = hasAudit ? "Information" : "Fatal",
    };

    public static async Task<Surroundings> StartAsync(int callers)
    {
        // Several gateways ask one after the other, each for its first block.
        var nclue = await SimulatedNclue.StartAsync(new() { Keys = { ["AK"] = "SK" }, Frozen = true, Strict = false }, CancellationToken.None);
        LocalIdentityProvider? identity = null;
        try
        {
            identity = await LocalIdentityProvider.StartAsync(new() { AccessTokenLifetime = TimeSpan.FromHours(12) }, CancellationToken.None);
            var tokens = await Task.WhenAll(Enumerable.Range(1, callers).Select(n => identity.GetUserTokenAsync($"reader-{n}", CancellationToken.None)));
            return new(nclue, identity, tokens);
        }
        catch
        {
            await (identity?.DisposeAsync() ?? ValueTask.CompletedTask);
            await nclue.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _identity.DisposeAsync();
        await _nclue.DisposeAsync();
    }
}
