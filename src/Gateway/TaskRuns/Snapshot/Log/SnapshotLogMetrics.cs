using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Redis;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>Metrics of the snapshot's log in Redis. The gauges are absent while no caller asks for the snapshot.</summary>
internal sealed class SnapshotLogMetrics : IHostedService
{
    private const string Appended = "appended";
    private const string Overtaken = "overtaken";
    private const string Failed = "failed";

    private readonly Meter _meter;
    private readonly SnapshotLogCircuit _circuit;
    private readonly SnapshotInterest _interest;
    private readonly Counter<long> _appends;
    private long _length;

    public SnapshotLogMetrics(IMeterFactory meters, SnapshotLogCircuit circuit, SnapshotInterest interest)
    {
        (_meter, _circuit, _interest) = (meters.CreateGatewayMeter(), circuit, interest);
        _appends = _meter.CreateCounter<long>(
            "nclue_gateway.snapshot.log.appends",
            "{entry}",
            "Entries for the log of the snapshot in Redis, by outcome: appended, overtaken by another replica, or failed.");
    }

    /// <summary>Length of the log with its checkpoints, in bytes.</summary>
    public long Length
    {
        set => Volatile.Write(ref _length, value);
    }

    /// <summary>
    /// Registers the gauges, and creates all series with the value 0, because <c>increase()</c> in Prometheus ignores the event that
    /// creates a series.
    /// </summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var outcome in new[] { Appended, Overtaken, Failed })
        {
            Count(outcome, 0);
        }

        _meter.CreateObservableGauge(
            "nclue_gateway.snapshot.log.available",
            () => WhileActive(_circuit.State.IsAvailable is { } isAvailable ? isAvailable ? 1 : 0 : null),
            null,
            "1 if the log of the snapshot in Redis can be read and written, 0 if not.");
        _meter.CreateObservableGauge(
            "nclue_gateway.snapshot.log.size",
            () => WhileActive(Volatile.Read(ref _length)),
            "By",
            "Length of the log of the snapshot in Redis, with its checkpoints.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Appends an entry, and counts the outcome.</summary>
    /// <param name="append">Appends it; false if another replica was faster.</param>
    public async Task<bool> CountAsync(Func<Task<bool>> append)
    {
        try
        {
            var isAppended = await append();
            Count(isAppended ? Appended : Overtaken, 1);
            return isAppended;
        }
        catch (RedisAwayException)
        {
            Count(Failed, 1);
            throw;
        }
    }

    private void Count(string outcome, int count) => _appends.Add(count, new KeyValuePair<string, object?>("outcome", outcome));

    private IEnumerable<Measurement<long>> WhileActive(long? value) =>
        _interest.IsActive && value is { } known ? [new(known)] : [];
}
