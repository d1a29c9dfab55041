using System.Diagnostics.Metrics;
using NclueGateway.Hosting;

namespace NclueGateway.Redis;

/// <summary>Whether Redis answers, as a number.</summary>
internal sealed class RedisMetrics(IMeterFactory meters, RedisCircuit circuit) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        meters.CreateGatewayMeter().CreateObservableGauge(
            "nclue_gateway.redis.answering", () => circuit.State.IsAnswering == true ? 1 : 0, null, "1 while Redis answers, 0 while it does not.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
