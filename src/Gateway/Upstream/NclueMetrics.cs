using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Upstream;

/// <summary>Which key is in use and how far off the clock is, as numbers.</summary>
internal sealed class NclueMetrics(IMeterFactory meters, NclueCredentials credentials, ClockSkewEstimator clock) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.CreateGatewayMeter();
        meter.CreateObservableGauge(
            "nclue_gateway.key.generation",
            () => credentials.InUse.Generation,
            null,
            "How often the NCP key pair in use has changed: even is the current pair, odd the next, where there is one.");
        meter.CreateObservableGauge(
            "nclue_gateway.clock.skew",
            () => clock.Skew is { } skew ? [new Measurement<double>(skew.TotalSeconds)] : Array.Empty<Measurement<double>>(),
            "s",
            "How far this machine's clock is ahead of NCP's. Absent while that is not known.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
