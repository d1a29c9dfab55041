using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NclueGateway.Redis;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Snapshot.Log;

internal static class SnapshotLogExtensions
{
    /// <summary>Adds the log of the snapshot.</summary>
    /// <param name="services">The services.</param>
    /// <param name="nclue">The settings of the upstream.</param>
    /// <param name="isShared">True if replicas share the log through Redis.</param>
    public static IServiceCollection AddSnapshotLog(this IServiceCollection services, NclueOptions nclue, bool isShared) => isShared
        ? services
            .AddSingleton<SnapshotLogCircuit>()
            .AddSingleton<SnapshotLogMetrics>()
            .AddHostedService(provider => provider.GetRequiredService<SnapshotLogMetrics>())
            .AddSingleton<ILogStore>(provider => new RedisLogStore(
                new RedisConnection(provider.GetRequiredService<ConnectionStringOptions>(), "-log"),
                LogKey(nclue),
                provider.GetRequiredService<SnapshotOptions>().InterestFor))
            .AddSingleton<ISnapshotLog, SharedSnapshotLog>()
        : services.AddSingleton<ISnapshotLog, LocalSnapshotLog>();

    /// <summary>
    /// Returns the log's key in Redis. Replicas with other settings that the snapshot depends on, and releases with another format, have
    /// another log.
    /// </summary>
    public static string LogKey(NclueOptions nclue)
    {
        var settings = SHA256.HashData(Encoding.UTF8.GetBytes($"{nclue.TimeZone}|{nclue.IndexUnit}|{nclue.HelpLanguage}|{nclue.Order}"));
        return string.Create(
            CultureInfo.InvariantCulture, $"{nclue.AccountKey}:log:{PackedJson.Version}:{Convert.ToHexStringLower(settings.AsSpan(0, 4))}");
    }
}
