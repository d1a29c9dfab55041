using System.Diagnostics.Metrics;
using NclueGateway.Hosting;

namespace NclueGateway.Configuration;

/// <summary>
/// Applies changed settings while the gateway runs. It waits until their files have been unchanged for a second, so
/// that both files of a key pair have been replaced. It applies all of them or, if one is invalid, none.
/// </summary>
/// <param name="configuration">The settings in use, with their sources.</param>
/// <param name="rule">Validates changed settings.</param>
/// <param name="services">The services of the running gateway.</param>
/// <param name="meters">Creates the meter.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
[LogCategory("NclueGateway.Operations.Reload.SettingsReload")]
internal sealed partial class SettingsReload(
    ConfigurationManager configuration,
    ReloadRule rule,
    IServiceProvider services,
    IMeterFactory meters,
    TimeProvider time,
    ILogger<SettingsReload> log) : BackgroundService
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);

    private readonly SettingsFiles _files = new(configuration);
    private readonly Counter<long> _reloads = meters.CreateGatewayMeter().CreateCounter<long>(
        "nclue_gateway.settings.reloads", "{reload}", "Changes of the settings while the gateway ran, by outcome: taken or refused.");

    private string? _handled = new SettingsFiles(configuration).Fingerprint(); // of the files last applied or refused
    private string? _seen;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Count("taken", 0);
        Count("refused", 0);
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var looks = new PeriodicTimer(Settle, time);
        try
        {
            while (await looks.WaitForNextTickAsync(stoppingToken))
            {
                CheckFiles();
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway is shutting down.
        }
    }

    /// <summary>Checks the files for changes. Called every second.</summary>
    internal void CheckFiles()
    {
        var seen = _files.Fingerprint();
        var hasSettled = seen is not null && seen == _seen;
        _seen = seen;
        if (!hasSettled || seen == _handled)
        {
            return;
        }

        try
        {
            var candidate = _files.Read();
            if (_files.Fingerprint() != seen)
            {
                return; // the files changed while they were read
            }

            var change = rule(services, configuration, candidate);
            ((IConfigurationRoot)configuration).Reload();
            change.Apply();
            Count("taken", 1);
            LogTaken(log);
            if (change.RequiresRestart.Count > 0)
            {
                LogLater(log, string.Join(", ", change.RequiresRestart));
            }
        }
        catch (Exception mistake) when (mistake is SettingsException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Count("refused", 1);
            LogRefused(log, mistake.Message);
        }

        _handled = seen;
    }

    private void Count(string outcome, int reloads) => _reloads.Add(reloads, new KeyValuePair<string, object?>("outcome", outcome));

    [LoggerMessage(LogLevel.Information, "Changed settings were applied.")]
    private static partial void LogTaken(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "These settings take effect only after a restart: {Keys}")]
    private static partial void LogLater(ILogger logger, string keys);

    [LoggerMessage(LogLevel.Error, "Changed settings were refused; the previous ones stay in use. {Mistakes}")]
    private static partial void LogRefused(ILogger logger, string mistakes);
}

/// <summary>Validates changed settings.</summary>
/// <param name="services">The services of the running gateway.</param>
/// <param name="inUse">The settings in use.</param>
/// <param name="candidate">The changed settings.</param>
/// <exception cref="SettingsException">They are invalid; no setting was changed.</exception>
internal delegate SettingsChange ReloadRule(IServiceProvider services, IConfiguration inUse, IConfiguration candidate);

/// <summary>Changed settings that are valid.</summary>
/// <param name="Apply">Applies them to the running gateway.</param>
/// <param name="RequiresRestart">Keys of the settings that take effect only after a restart.</param>
internal sealed record SettingsChange(Action Apply, IReadOnlyCollection<string> RequiresRestart);
