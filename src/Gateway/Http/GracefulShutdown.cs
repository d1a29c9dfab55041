using Microsoft.Extensions.Diagnostics.HealthChecks;
using NclueGateway.Hosting;

namespace NclueGateway.Http;

/// <summary>
/// Shuts the gateway down gracefully after SIGTERM. First the gateway reports that it is not ready and keeps serving
/// for <see cref="OperationsOptions.DrainDelay"/>, because load balancers notice only at their next probe. Then the
/// server accepts no more connections and completes the requests in flight, before all other services stop.
/// </summary>
[LogCategory("NclueGateway.Operations.Draining")]
internal sealed partial class GracefulShutdown(
    IHostApplicationLifetime lifetime, OperationsOptions options, TimeProvider time, ILogger<GracefulShutdown> logger)
    : IHostedLifecycleService, IHealthCheck, IDisposable
{
    /// <summary>
    /// Grace period after the drain delay in which requests on open connections are still served. The server accepts no new
    /// connections then, but a busy server may read a request long after it was sent. Such a request must not be rejected.
    /// </summary>
    private static readonly TimeSpan LateRequests = TimeSpan.FromSeconds(5);

    private const long Never = long.MaxValue;

    private readonly CancellationTokenSource _begun = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
    private long _delayOver = Never;

    /// <summary>Cancelled when the shutdown begins, for responses that stay open.</summary>
    public CancellationToken Begun => _begun.Token;

    private bool HasBegun => _begun.IsCancellationRequested;

    /// <summary>
    /// True once new requests are rejected, because a request that has to wait for NCLUE might not complete before the
    /// process exits.
    /// </summary>
    private bool IsOver => Volatile.Read(ref _delayOver) is not Never and var since && time.GetElapsedTime(since) >= LateRequests;

    /// <summary>
    /// During shutdown, sends <c>Connection: close</c> with each HTTP/1.1 response, so that clients send their next request
    /// to another replica. After the grace period, rejects requests that still arrive on open connections.
    /// </summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!HasBegun)
        {
            return next(context);
        }

        context.Response.OnStarting(CloseAsync, context.Response);
        return IsOver
            ? new ProblemResult(HttpProblems.Draining) { RetryAfter = TimeSpan.FromSeconds(1) }.ExecuteAsync(context)
            : next(context);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _begun.CancelAsync();
        if (options.DrainDelay > TimeSpan.Zero)
        {
            Begins(logger, options.DrainDelay);
            await Task.Delay(options.DrainDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Volatile.Write(ref _delayOver, time.GetTimestamp());
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(HasBegun
            ? HealthCheckResult.Unhealthy("The gateway is shutting down.")
            : HealthCheckResult.Healthy("The gateway is running."));

    public void Dispose() => _begun.Dispose();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static Task CloseAsync(object response)
    {
        if (((HttpResponse)response).HttpContext.Request.Protocol is "HTTP/1.1")
        {
            ((HttpResponse)response).Headers.Connection = "close";
        }

        return Task.CompletedTask;
    }

    [LoggerMessage(1, LogLevel.Information, "The gateway is shutting down. It is no longer ready, and serves requests for {Delay} more")]
    private static partial void Begins(ILogger logger, TimeSpan delay);
}
