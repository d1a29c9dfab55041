using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NclueGateway.Hosting;

/// <summary>
/// Told to stop (SIGTERM), the gateway first says that it is not ready and goes on for <see cref="OperationsOptions.DrainDelay"/>, because those
/// who send it requests learn of that only when they look. Then the server takes no more, answers what it has, and everything else stops.
/// </summary>
[LogCategory("NclueGateway.Operations.Draining")]
internal sealed partial class GracefulShutdown(IHostApplicationLifetime lifetime, OperationsOptions options, TimeProvider time, ILogger<GracefulShutdown> logger)
    : IHostedLifecycleService, IHealthCheck
{
    /// <summary>
    /// How long after the delay whatever comes is still answered as ever. The server takes no more connections then, but on a busy machine it comes
    /// late to those that it has; who sent a request in time is not to be refused for that.
    /// </summary>
    private static readonly TimeSpan LateRequests = TimeSpan.FromSeconds(5);

    private const long Never = long.MaxValue;

    private volatile bool _hasBegun;
    private long _delayOver = Never;

    /// <summary>Whether the gateway was told to stop.</summary>
    public bool HasBegun => _hasBegun || lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Whether no further request is taken: what waited for NCLUE now might not be answered before the end.</summary>
    public bool IsOver => Volatile.Read(ref _delayOver) is not Never and var since && time.GetElapsedTime(since) >= LateRequests;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _hasBegun = true;
        if (options.DrainDelay > TimeSpan.Zero)
        {
            Begins(logger, options.DrainDelay);
            await Task.Delay(options.DrainDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Volatile.Write(ref _delayOver, time.GetTimestamp());
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(HasBegun ? HealthCheckResult.Unhealthy("The gateway stops.") : HealthCheckResult.Healthy("The gateway runs."));

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Information, "The gateway was told to stop. It is not ready any more, and goes on for {Delay}")]
    private static partial void Begins(ILogger logger, TimeSpan delay);
}
