using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Testing;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Tests.Upstream;

/// <summary>Estimates of the skew from NCP's clock, and their use.</summary>
public sealed class ClockSkewEstimatorTests
{
    private readonly SteppingClock _machine = new();
    private readonly ClockSkewEstimator _clock;
    private readonly FakeLogger<ClockSkewEstimator> _logs = new();

    public ClockSkewEstimatorTests() => _clock = new(_machine, _logs);

    [Fact]
    public void Three_responses_that_agree_show_how_far_off_the_clock_is()
    {
        Respond(ahead: 90);
        Respond(ahead: 90);
        _clock.Skew.ShouldBeNull();
        _clock.Measured!.Value.TotalSeconds.ShouldBe(90, 1);

        Respond(ahead: 91);

        _clock.Skew!.Value.TotalSeconds.ShouldBe(90, 1.5);
        _clock.IsOff.ShouldBeTrue();
        _logs.LatestRecord.Message.ShouldContain("s ahead of NCP's (negative: behind). Signatures are corrected");
    }

    [Theory]
    [InlineData(-600, -600)]
    [InlineData(-61, -61)]
    [InlineData(-59, 0)]
    [InlineData(0, 0)]
    [InlineData(58, 0)]
    [InlineData(62, 62)]
    [InlineData(890, 890)]
    [InlineData(910, 0)]
    [InlineData(86_400, 0)]
    public void Signatures_are_corrected_from_a_minute_to_a_quarter_of_an_hour(int ahead, int corrected)
    {
        for (var response = 0; response < 3; response++)
        {
            Respond(ahead);
        }

        (_machine.GetUtcNow() - _clock.Now).TotalSeconds.ShouldBe(corrected, 1);
        _clock.Skew!.Value.TotalSeconds.ShouldBe(ahead, 1);
    }

    [Fact]
    public void Responses_that_disagree_leave_the_estimate_unchanged()
    {
        Respond(ahead: 90);
        Respond(ahead: 200);
        Respond(ahead: 90);
        _clock.Skew.ShouldBeNull();
        Respond(ahead: 90);
        Respond(ahead: 90);
        _clock.Skew!.Value.TotalSeconds.ShouldBe(90, 1);

        Respond(ahead: 500);

        _clock.Skew!.Value.TotalSeconds.ShouldBe(90, 1);
        _clock.Measured!.Value.TotalSeconds.ShouldBe(500, 1);
    }

    [Fact]
    public void A_response_that_took_two_seconds_leaves_the_estimate_unchanged()
    {
        for (var response = 0; response < 3; response++)
        {
            Respond(ahead: 90, took: TimeSpan.FromSeconds(2));
        }

        _clock.Skew.ShouldBeNull();
        _clock.Measured.ShouldBeNull();
    }

    [Fact]
    public void A_slow_response_is_told_from_a_slow_clock()
    {
        for (var response = 0; response < 3; response++)
        {
            Respond(ahead: 0, took: TimeSpan.FromSeconds(1.9));
        }

        _clock.Skew!.Value.TotalSeconds.ShouldBe(0, 1.5);
    }

    [Fact]
    public void When_the_clock_is_set_what_was_learned_is_forgotten_at_once()
    {
        for (var response = 0; response < 3; response++)
        {
            Respond(ahead: 600);
        }

        _machine.Set(by: TimeSpan.FromSeconds(-600));

        _clock.Skew.ShouldBeNull();
        _clock.Now.ShouldBe(_machine.GetUtcNow());
        for (var response = 0; response < 3; response++)
        {
            Respond(ahead: 0);
        }

        _clock.IsOff.ShouldBeFalse();
        _logs.LatestRecord.Message.ShouldContain("agrees with NCP's again");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(-10)]
    public async Task A_gateway_whose_clock_is_ten_minutes_off_signs_so_that_NCP_accepts_it(int minutes)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.ClockOffset = TimeSpan.FromMinutes(minutes);

        var page = await gateway.LetDepartUntilAsync(gateway.ReadAsync());
        page.Status.ShouldBe(HttpStatusCode.BadGateway);
        ((string?)page.Json["detail"])!.ShouldContain($"its clock is 10 minutes {(minutes > 0 ? "behind" : "ahead of")} NCP's");
        page = await gateway.LetDepartUntilAsync(ReadUntilServedAsync(gateway));

        page.Status.ShouldBe(HttpStatusCode.OK);
        gateway.Nclue.Arrivals.Select(arrival => arrival.Status).ShouldBe([401, 401, 401, 200]);
        var health = await ReadHealthAsync(gateway);
        ((string?)health["status"]).ShouldBe("Degraded");
        ((string?)health["description"])!.ShouldMatch(
            $"^This machine's clock is (599|600|601) s {(minutes > 0 ? "behind" : "ahead of")} NCP's\\.$");
    }

    [Fact]
    public async Task What_is_learned_of_another_clock_makes_no_token_valid_or_invalid()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.ClockOffset = TimeSpan.FromMinutes(-10); // it would make expired tokens valid
        await gateway.LetDepartUntilAsync(ReadUntilServedAsync(gateway));
        using var late = gateway.CreateAnonymousClient();
        late.DefaultRequestHeaders.Authorization = new("Bearer", gateway.Issuer.Issue(token =>
        {
            token.Claims["iat"] = gateway.Clock.GetUtcNow().AddMinutes(-20).ToUnixTimeSeconds();
            token.Claims["exp"] = gateway.Clock.GetUtcNow().AddMinutes(-5).ToUnixTimeSeconds();
        }));

        (await GatewayHost.ReadAsync(late)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await gateway.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<PageResponse> ReadUntilServedAsync(GatewayHost gateway)
    {
        while (true)
        {
            var page = await gateway.ReadAsync();
            if (page.Status == HttpStatusCode.OK)
            {
                return page;
            }
        }
    }

    private static async Task<JsonNode> ReadHealthAsync(GatewayHost gateway)
    {
        using var client = gateway.CreateAnonymousClient();
        return JsonNode.Parse(await client.GetStringAsync("/health", TestContext.Current.CancellationToken))!["checks"]!["nclue"]!;
    }

    /// <summary>Records a response of a server whose clock is behind this machine's.</summary>
    private void Respond(double ahead, TimeSpan? took = null)
    {
        var sentAt = _machine.GetTimestamp();
        var half = (took ?? TimeSpan.FromMilliseconds(100)) / 2;
        _machine.Pass(half);
        var server = _machine.GetUtcNow().AddSeconds(-ahead);
        _machine.Pass(half);
        _clock.Learn(DateTimeOffset.FromUnixTimeSeconds(server.ToUnixTimeSeconds()), sentAt);
        _machine.Pass(TimeSpan.FromSeconds(1.3));
    }

    /// <summary>A machine's clock that a test can set.</summary>
    private sealed class SteppingClock : TimeProvider
    {
        private DateTimeOffset _wall = new(2026, 11, 25, 12, 0, 0, 700, TimeSpan.Zero);
        private long _monotonic = 5_000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _wall;

        public override long GetTimestamp() => _monotonic;

        public void Pass(TimeSpan time) => (_wall, _monotonic) = (_wall + time, _monotonic + time.Ticks);

        public void Set(TimeSpan by) => _wall += by;
    }
}
