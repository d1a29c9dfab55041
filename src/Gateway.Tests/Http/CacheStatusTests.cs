using NclueGateway.Http;

namespace NclueGateway.Tests.Http;

public sealed class CacheStatusTests
{
    [Fact]
    public void A_fresh_hit_says_how_long_it_stays_so() =>
        new CacheStatus(CacheOutcome.Hit, TimeSpan.FromSeconds(7.9)).ToString().ShouldBe("nclue-gateway; hit; ttl=7");

    [Fact]
    public void A_stale_hit_has_a_negative_time_to_live_and_says_why() =>
        new CacheStatus(CacheOutcome.Hit, TimeSpan.FromSeconds(-4.1), Detail: "upstream-timeout").ToString()
            .ShouldBe("nclue-gateway; hit; ttl=-5; detail=upstream-timeout");

    [Fact]
    public void What_was_waited_for_says_what_for() =>
        new[]
        {
            new CacheStatus(CacheOutcome.Miss, TimeSpan.FromSeconds(10)),
            new CacheStatus(CacheOutcome.Miss, TimeSpan.FromSeconds(10), IsCollapsed: true),
            new CacheStatus(CacheOutcome.Renewed, TimeSpan.FromSeconds(10)),
            new CacheStatus(CacheOutcome.Stale, TimeSpan.FromSeconds(-70), Detail: "upstream-busy"),
        }.Select(status => status.ToString()).ShouldBe(
        [
            "nclue-gateway; fwd=miss; stored",
            "nclue-gateway; fwd=miss; stored; collapsed",
            "nclue-gateway; fwd=stale; stored",
            "nclue-gateway; fwd=stale; ttl=-70; detail=upstream-busy",
        ]);
}
