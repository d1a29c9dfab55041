using System.Diagnostics.Metrics;
using NclueGateway.Hosting;

namespace NclueGateway.Configuration;

/// <summary>
/// Takes changed settings while the gateway runs: when their files have stayed as they are for a second, so that of a pair that is being swapped no half is
/// used, and only when all of them are good. One mistake, and everything stays as it was.
/// </summary>
[LogCategory("NclueGateway.Operations.Reload.SettingsReload")]
internal sealed partial class SettingsReload : BackgroundService
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);

    private readonly IConfigurationRoot _inUse;
    private readonly SettingsFiles _files;
    private readonly ReloadRule _rule;
    private readonly IServiceProvider _services;
    private readonly TimeProvider _time;
    private readonly ILogger<SettingsReload> _log;
    private readonly Counter<long> _reloads;
    private string? _taken; // or refused: what has been seen to
    private string? _seen;

    /// <param name="configuration">The settings in use, and where they come from.</param>
    public SettingsReload(
        ConfigurationManager configuration, ReloadRule rule, IServiceProvider services, IMeterFactory meters, TimeProvider time, ILogger<SettingsReload> log)
    {
        _inUse = configuration;
        _files = new(configuration);
        _rule = rule;
        _services = services;
        _time = time;
        _log = log;
        _reloads = meters.CreateGatewayMeter().CreateCounter<long>(
            "nclue_gateway.settings.reloads", "{reload}", "Changes of the settings while the gateway ran, by outcome: taken or refused.");
        _taken = _files.Fingerprint();
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Count("taken", 0);
        Count("refused", 0);
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var looks = new PeriodicTimer(Settle, _time);
        try
        {
            while (await looks.WaitForNextTickAsync(stoppingToken))
            {
                CheckFiles();
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    /// <summary>Looks at the files, as it does every second.</summary>
    internal void CheckFiles()
    {
        var seen = _files.Fingerprint();
        var hasSettled = seen is not null && seen == _seen;
        _seen = seen;
        if (!hasSettled || seen == _taken)
        {
            return;
        }

        try
        {
            var candidate = _files.Read();
            if (_files.Fingerprint() != seen)
            {
                return; // something has changed while it was read
            }

            var change = _rule(_services, _inUse, candidate);
            _inUse.Reload();
            change.Apply();
            Count("taken", 1);
            LogTaken(_log);
            if (change.RequiresRestart.Count > 0)
            {
                LogLater(_log, string.Join(", ", change.RequiresRestart));
            }
        }
        catch (Exception mistake) when (mistake is SettingsException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Count("refused", 1);
            LogRefused(_log, mistake.Message);
        }

        _taken = seen;
    }

    private void Count(string outcome, int reloads) => _reloads.Add(reloads, new KeyValuePair<string, object?>("outcome", outcome));

    [LoggerMessage(LogLevel.Information, "Changed settings were taken.")]
    private static partial void LogTaken(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "These take effect only when the gateway is started anew: {Keys}")]
    private static partial void LogLater(ILogger logger, string keys);

    [LoggerMessage(LogLevel.Error, "Changed settings were refused; those from before stay in use. {Mistakes}")]
    private static partial void LogRefused(ILogger logger, string mistakes);
}

/// <summary>Judges changed settings.</summary>
/// <param name="services">What is running.</param>
/// <param name="inUse">The settings from before.</param>
/// <param name="candidate">The changed settings.</param>
/// <exception cref="SettingsException">They have mistakes; nothing was changed.</exception>
internal delegate SettingsChange ReloadRule(IServiceProvider services, IConfiguration inUse, IConfiguration candidate);

/// <summary>Changed settings that are good.</summary>
/// <param name="Apply">Applies them to the running gateway.</param>
/// <param name="RequiresRestart">The keys of those that take effect at the next start.</param>
internal sealed record SettingsChange(Action Apply, IReadOnlyCollection<string> RequiresRestart);
