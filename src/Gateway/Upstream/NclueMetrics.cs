using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Upstream;

/// <summary>Gauges of the key generation in use and of the clock skew.</summary>
internal sealed class NclueMetrics(IMeterFactory meters, NclueCredentials credentials, ClockSkewEstimator clock) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.CreateGatewayMeter();
        meter.CreateObservableGauge(
            "nclue_gateway.key.generation",
            () => credentials.InUse.Generation,
            null,
            "Number of changes of the NCP key pair in use: even is the current pair, odd the next, where there is one.");
        meter.CreateObservableGauge(
            "nclue_gateway.clock.skew",
            () => clock.Skew is { } skew ? [new Measurement<double>(skew.TotalSeconds)] : Array.Empty<Measurement<double>>(),
            "s",
            "Offset of this machine's clock from NCP's, positive when ahead. Absent while it is unknown.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
