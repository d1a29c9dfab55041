using System.Diagnostics.Metrics;
using NclueGateway.Hosting;

namespace NclueGateway.Redis;

/// <summary>The metric of the state of Redis.</summary>
internal sealed class RedisMetrics(IMeterFactory meters, RedisCircuit circuit) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        meters.CreateGatewayMeter().CreateObservableGauge(
            "nclue_gateway.redis.answering",
            () => circuit.State.IsAvailable == true ? 1 : 0,
            null,
            "1 while Redis replies, 0 while it does not.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
