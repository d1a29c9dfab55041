using System.Net;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Sandbox.Nclue;
using static NclueGateway.Tests.Sandbox.SignedRequests;

namespace NclueGateway.Tests.Sandbox;

public sealed class SimulatedNclueRateTests : IAsyncLifetime
{
    private readonly JumpingClock _time = new();
    private SimulatedNclue _nclue = null!;
    private SignedRequests _requests = null!;

    public async ValueTask InitializeAsync()
    {
        _nclue = await SimulatedNclue.StartAsync(Options(_time), TestContext.Current.CancellationToken);
        _requests = new SignedRequests(_nclue, _time);
    }

    public async ValueTask DisposeAsync()
    {
        _requests.Dispose();
        await _nclue.DisposeAsync();
    }

    [Fact]
    public async Task A_request_a_second_after_the_one_before_is_answered()
    {
        (await StatusAfterAsync(0)).ShouldBe(200);
        (await StatusAfterAsync(1_000)).ShouldBe(200);
        _nclue.Arrivals[1].SincePrevious.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_request_less_than_a_second_after_the_one_before_is_throttled()
    {
        (await StatusAfterAsync(0)).ShouldBe(200);
        _time.Advance(TimeSpan.FromTicks(TimeSpan.TicksPerSecond - 1));

        using var response = await _requests.GetAsync();

        (await ErrorAsync(response)).ShouldBe((429, "410"));
        response.Headers.RetryAfter.ShouldBeNull();
        _nclue.Arrivals.Select(arrival => arrival.Status).ShouldBe([200, 429]);
    }

    [Fact]
    public async Task A_refused_request_counts_like_any_other()
    {
        (await StatusAfterAsync(0)).ShouldBe(200);
        (await StatusAfterAsync(600)).ShouldBe(429);
        (await StatusAfterAsync(600)).ShouldBe(429);
        (await StatusAfterAsync(1_000, "/elsewhere")).ShouldBe(404);
        (await StatusAfterAsync(600)).ShouldBe(429);
        (await StatusAfterAsync(1_000)).ShouldBe(200);
    }

    [Fact]
    public async Task Two_connections_share_one_rate()
    {
        using var second = new SignedRequests(_nclue, _time);
        (await StatusAfterAsync(0)).ShouldBe(200);

        using var response = await second.GetAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        _nclue.Arrivals.Select(arrival => arrival.ConnectionId).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task Without_strictness_nothing_is_throttled()
    {
        _nclue.Strict = false;

        (await StatusAfterAsync(0)).ShouldBe(200);
        (await StatusAfterAsync(0)).ShouldBe(200);
    }

    [Fact]
    public async Task The_wall_clock_does_not_decide()
    {
        (await StatusAfterAsync(0)).ShouldBe(200);
        _time.WallClockJump = TimeSpan.FromMinutes(1);

        (await StatusAfterAsync(0)).ShouldBe(429);
    }

    private async Task<int> StatusAfterAsync(int milliseconds, string target = "/api/v1/task-runs")
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        using var response = await _requests.GetAsync(target);
        return (int)response.StatusCode;
    }

    private sealed class JumpingClock : FakeTimeProvider
    {
        public TimeSpan WallClockJump { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + WallClockJump;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }
}
