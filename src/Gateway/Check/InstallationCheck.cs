using NclueGateway.Configuration;
using NclueGateway.Upstream;

namespace NclueGateway.Check;

/// <summary>
/// Checks an installation with the gateway's own parts, composed as in the gateway, without listening and without
/// background work.
/// </summary>
/// <param name="services">The gateway, built and not started.</param>
/// <param name="environment">The name of the environment.</param>
/// <param name="callsUpstream">True if one request to NCLUE may be sent.</param>
internal sealed class InstallationCheck(IServiceProvider services, string environment, bool callsUpstream)
{
    /// <summary>Maximum time for the provider or Redis, in addition to their own timeouts.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time = services.GetRequiredService<TimeProvider>();

    /// <summary>Returns the report for settings with mistakes: nothing else can be checked then.</summary>
    public static CheckReport Of(SettingsException mistakes) => new(
        [
            Finding.Failed(
                CheckReport.Settings,
                $"They have {mistakes.Mistakes.Count} mistake(s).",
                "Correct them: see docs/configuration.md.") with
            {
                Details = [.. mistakes.Mistakes],
            },
        ],
        "Skipped: the settings have mistakes.");

    public async Task<CheckReport> RunAsync(CancellationToken stop)
    {
        var provider = RunAsync(CheckReport.IdentityProvider, Within, async () => [await Create<ProviderCheck>().RunAsync()], stop);
        var collector = RunAsync(CheckReport.Collector, Within, async () => [await Create<CollectorCheck>().RunAsync()], stop);
        var redis = await RunAsync(CheckReport.Redis, Within, () => Create<RedisCheck>().RunAsync(), stop);
        var nclue = !callsUpstream ? [Finding.NotChecked(CheckReport.Nclue, "Excluded by --no-upstream.")]
            : redis[0].State == FindingState.Failed ? [Finding.NotChecked(
                CheckReport.Nclue,
                "Skipped: Redis is configured but unavailable, so the call could exceed the request budget of the account.")]
            : await RunAsync(
                CheckReport.Nclue,
                NclueCheck.Patience + services.GetRequiredService<NclueOptions>().Timeout + Within,
                () => Create<NclueCheck>().RunAsync(stop),
                stop);
        return new([Settings(), .. await provider, .. redis, .. await collector, .. nclue]);
    }

    private Finding Settings()
    {
        var warnings = services.GetRequiredService<SettingsWarnings>().All;
        return warnings.Count == 0
            ? Finding.Fine(CheckReport.Settings, $"All settings are good ({environment}).")
            : Finding.Warning(
                CheckReport.Settings,
                $"All settings are valid ({environment}), but not all are wise.",
                "Correct them: see docs/configuration.md.") with
            {
                Details = warnings,
            };
    }

    private T Create<T>() => ActivatorUtilities.CreateInstance<T>(services);

    /// <summary>Runs one part of the check. A failure in it does not end the others.</summary>
    /// <param name="name">The name of the first finding.</param>
    /// <param name="limit">Maximum duration.</param>
    /// <param name="look">Returns the findings, in their order.</param>
    /// <param name="stop">Cancels the check.</param>
    private async Task<IReadOnlyList<Finding>> RunAsync(
        string name, TimeSpan limit, Func<Task<IReadOnlyList<Finding>>> look, CancellationToken stop)
    {
        string reason;
        try
        {
            return await look().WaitAsync(limit, _time, stop);
        }
        catch (TimeoutException)
        {
            reason = $"It took more than {limit.TotalSeconds:0} s.";
        }
        catch (Exception defect) when (!stop.IsCancellationRequested)
        {
            reason = $"The check itself failed ({defect.GetType().Name})."; // the message could contain a secret
        }

        return [Finding.Failed(name, reason, "Run it again; if it fails again, report it.")];
    }
}
