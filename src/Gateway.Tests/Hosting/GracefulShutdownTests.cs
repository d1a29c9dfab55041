using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Upstream;

namespace NclueGateway.Tests.Hosting;

public sealed class GracefulShutdownTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_SIGTERM_it_is_unready_and_serves_until_the_drain_delay_is_over()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Operations:DrainDelay"] = "00:00:05" });
        var before = await gateway.ReadAsync();

        var stop = gateway.StopAsync();
        using var ready = await gateway.Client.GetAsync(new Uri("/health/ready", UriKind.Relative), Ct);
        using var live = await gateway.Client.GetAsync(new Uri("/health/live", UriKind.Relative), Ct);
        var during = await gateway.ReadAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(4.9));
        var late = await gateway.ReadAsync();

        before.Headers.ShouldNotContainKey("Connection");
        (ready.StatusCode, await ready.Content.ReadAsStringAsync(Ct)).ShouldBe((HttpStatusCode.ServiceUnavailable, "Unhealthy"));
        live.StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var page in new[] { during, late })
        {
            (page.Status, page.Headers["Connection"]).ShouldBe((HttpStatusCode.OK, "close"));
        }

        stop.IsCompleted.ShouldBeFalse();
        gateway.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await stop;
        await Should.ThrowAsync<HttpRequestException>(() => gateway.ReadAsync());
    }

    [Fact]
    public async Task A_reader_who_waits_when_it_stops_is_answered()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new() { Delay = TimeSpan.FromSeconds(2) };
        var waiting = gateway.ReadAsync();
        await gateway.Nclue.WaitForArrivalsAsync(1, Ct);

        var stop = gateway.StopAsync();
        var page = await gateway.WhileTimePassesAsync(waiting, hasArrived: true);
        await stop;

        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Runs.Length.ShouldBe(20);
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task Requests_sent_before_the_shutdown_are_served_and_later_ones_get_503()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var one = await GatewayHost.StartAsync(realTime: true);
        var holding = new Holding();
        await using var other = await one.StartReplicaAsync(new Dictionary<string, string?>(), clock, services =>
            services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(holding)));
        (await other.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);

        var stop = other.StopAsync();
        await holding.Reached.Task;
        clock.Advance(TimeSpan.FromSeconds(4.999));
        var onItsWay = await other.ReadAsync();
        clock.Advance(TimeSpan.FromMilliseconds(1));
        using var refused = await other.Client.GetAsync(new Uri("/api/task-runs", UriKind.Relative), Ct);
        holding.Release.SetResult();
        await stop;

        (onItsWay.Status, onItsWay.Headers["Connection"]).ShouldBe((HttpStatusCode.OK, "close"));
        await refused.ShouldBeProblemAsync(HttpProblems.Draining);
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        refused.Headers.ConnectionClose.ShouldBe(true);
        (await one.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Stops after all other hosted services have begun to stop, and before the server does.</summary>
    private sealed class Holding : IHostedLifecycleService
    {
        public TaskCompletionSource Reached { get; } = new();

        public TaskCompletionSource Release { get; } = new();

        public Task StoppingAsync(CancellationToken cancellationToken)
        {
            Reached.SetResult();
            return Release.Task;
        }

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
