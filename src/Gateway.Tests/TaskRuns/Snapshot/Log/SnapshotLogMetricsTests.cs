using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Simulation;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>The metrics of the log in Redis.</summary>
public sealed class SnapshotLogMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _clock = new();
    private readonly ModelLog _log = new();
    private readonly ModelLogStore _store;
    private readonly SnapshotInterest _interest;
    private readonly LogReplica _replica;
    private SnapshotLogMetrics _metrics = null!;

    public SnapshotLogMetricsTests()
    {
        _store = new(_log);
        _interest = new(new(), new(), new(), _clock);
        var meters = _services.GetRequiredService<IMeterFactory>();
        _replica = new(_store, _clock, metrics: circuit => _metrics = new(meters, circuit, _interest));
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Appends_are_counted_by_outcome()
    {
        using var appends = Collect("appends");
        var other = new LogReplica(new ModelLogStore(_log), _clock);
        await _replica.ReadAsync();

        (await _replica.AppendAsync("b a")).ShouldBeTrue();
        await other.ReadAsync();
        (await other.AppendAsync("c b a")).ShouldBeTrue();
        (await _replica.AppendAsync("c b a")).ShouldBeFalse();
        _store.IsAway = true;
        await Should.ThrowAsync<RedisAwayException>(_replica.AppendAsync("c b a"));

        appends.GetMeasurementSnapshot().Select(counted => $"{counted.Tags["outcome"]} {counted.Value}")
            .ShouldBe(["appended 1", "overtaken 1", "failed 1"]);
    }

    [Fact]
    public async Task Its_state_and_its_size_are_shown_while_a_caller_asks()
    {
        using var available = Collect("available");
        using var size = Collect("size");
        await _metrics.StartAsync(TestContext.Current.CancellationToken);
        await _replica.ReadAsync();
        Read(available).ShouldBeEmpty();

        _interest.Ask();
        await _replica.AppendAsync("b a");
        Read(available).ShouldBe([1]);
        Read(size).ShouldHaveSingleItem().ShouldBeGreaterThan(0);

        _store.IsAway = true;
        await Should.ThrowAsync<RedisAwayException>(_replica.AppendAsync("c b a"));
        Read(available).ShouldBe([0]);

        _clock.Advance(TimeSpan.FromDays(5)); // no alert for a log that no caller needs
        Read(available).ShouldBeEmpty();
        Read(size).ShouldBeEmpty();
    }

    private MetricCollector<long> Collect(string name) =>
        new(_services.GetRequiredService<IMeterFactory>(), "NclueGateway", $"nclue_gateway.snapshot.log.{name}");

    private static IEnumerable<long> Read(MetricCollector<long> gauge)
    {
        gauge.RecordObservableInstruments();
        return [.. gauge.GetMeasurementSnapshot(clear: true).Select(measured => measured.Value)];
    }
}
