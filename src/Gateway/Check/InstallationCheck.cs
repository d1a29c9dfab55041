using NclueGateway.Configuration;
using NclueGateway.Upstream;

namespace NclueGateway.Check;

/// <summary>
/// Looks at an installation with the gateway's own parts, put together as the gateway puts them together, without listening and without anything
/// that goes on by itself.
/// </summary>
/// <param name="services">The gateway, built and not started.</param>
/// <param name="environment">The name of the environment.</param>
/// <param name="callsUpstream">Whether NCLUE may be asked, once.</param>
internal sealed class InstallationCheck(IServiceProvider services, string environment, bool callsUpstream)
{
    /// <summary>The longest that the provider or Redis is waited for, beside their own limits.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time = services.GetRequiredService<TimeProvider>();

    /// <summary>The report where the settings have mistakes: nothing else can be looked at.</summary>
    public static CheckReport Of(SettingsException mistakes) => new(
    [
        Finding.Failed(CheckReport.Settings, $"They have {mistakes.Mistakes.Count} mistake(s).", "Correct them: see docs/configuration.md.") with
        {
            Details = [.. mistakes.Mistakes],
        },
        .. CheckReport.Names.Skip(1).Select(name => Finding.NotChecked(name, "Skipped: the settings have mistakes.")),
    ]);

    public async Task<CheckReport> RunAsync(CancellationToken stop)
    {
        var provider = RunAsync([CheckReport.IdentityProvider], Within, async () => [await Create<ProviderCheck>().RunAsync()], stop);
        var collector = RunAsync([CheckReport.Collector], Within, async () => [await Create<CollectorCheck>().RunAsync()], stop);
        var redis = await RunAsync(
            [CheckReport.Redis, CheckReport.RedisClock, CheckReport.RedisMemory], Within, () => Create<RedisCheck>().RunAsync(), stop);
        var isRedisAway = redis.Any(finding => finding.State == FindingState.Failed && finding.Name == CheckReport.Redis);
        var nclue = !callsUpstream ? NclueCheck.Skipped("Left out (--no-upstream).")
            : isRedisAway ? NclueCheck.Skipped("Skipped: without Redis, which is set, the call would not keep to the budget of the account.")
            : await RunAsync(
                [CheckReport.Nclue, CheckReport.Clock, CheckReport.IndexUnit, CheckReport.TimeZone],
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
                CheckReport.Settings, $"All settings are valid ({environment}), but not all are wise.", "Correct them: see docs/configuration.md.") with
            {
                Details = warnings,
            };
    }

    private T Create<T>() => ActivatorUtilities.CreateInstance<T>(services);

    /// <summary>Whatever happens to a part of the check, the others go on.</summary>
    private async Task<IReadOnlyList<Finding>> RunAsync(
        string[] names, TimeSpan limit, Func<Task<IReadOnlyList<Finding>>> look, CancellationToken stop)
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
            reason = $"The check itself went wrong ({defect.GetType().Name})."; // its message might hold anything
        }

        return
        [
            Finding.Failed(names[0], reason, "Run it again; if it stays so, report it."),
            .. names[1..].Select(name => Finding.NotChecked(name, "Skipped: see above.")),
        ];
    }
}
