using NclueGateway.Sandbox.Identity;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Micro;

/// <summary>
/// Services on loopback that a gateway needs: an upstream, an identity provider, and callers with its access tokens
/// (RS256).
/// </summary>
internal sealed class Surroundings : IAsyncDisposable
{
    /// <summary>
    /// Number of callers. With so many, none exceeds its quota, which allows at most 10,000 requests a second.
    /// </summary>
    public const int Callers = 64;

    private readonly SimulatedNclue _nclue;
    private readonly LocalIdentityProvider _identity;

    private Surroundings(SimulatedNclue nclue, LocalIdentityProvider identity, IReadOnlyList<string> tokens) =>
        (_nclue, _identity, Tokens) = (nclue, identity, tokens);

    /// <summary>One access token per caller; every caller may read.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>
    /// Returns the settings of a gateway here. They are defaults except for the quota, which is the maximum, and the
    /// time for which a block stays fresh: it is long enough that no refresh happens during a measurement.
    /// </summary>
    /// <param name="hasAudit">True if reads are audited.</param>
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
        // Several gateways request their first block one after the other.
        var options = new SimulatedNclueOptions { Keys = { ["AK"] = "SK" }, Frozen = true, Strict = false };
        var nclue = await SimulatedNclue.StartAsync(options, CancellationToken.None);
        LocalIdentityProvider? identity = null;
        try
        {
            var lifetime = TimeSpan.FromHours(12);
            identity = await LocalIdentityProvider.StartAsync(new() { AccessTokenLifetime = lifetime }, CancellationToken.None);
            var tokens = await Task.WhenAll(Enumerable.Range(1, callers)
                .Select(n => identity.GetUserTokenAsync($"reader-{n}", CancellationToken.None)));
            return new(nclue, identity, tokens);
        }
        catch
        {
            await (identity?.DisposeAsync() ?? ValueTask.CompletedTask);
            await nclue.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the upstream, so that nothing is read while a measurement lasts.</summary>
    public Task StopUpstreamAsync() => _nclue.PauseAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _identity.DisposeAsync();
        await _nclue.DisposeAsync();
    }
}
