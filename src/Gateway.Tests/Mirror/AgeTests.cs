using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Upstream;

namespace NclueGateway.Tests.Mirror;

public sealed class AgeTests
{
    [Fact]
    public async Task A_fresh_page_is_answered_from_memory()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();

        gateway.Clock.Advance(TimeSpan.FromSeconds(2.2));
        var page = await gateway.ReadAsync(index: 20);

        page.CacheStatus.ShouldBe("nclue-gateway; hit; ttl=7");
        page.Age.ShouldBe(3); // rounded up
        gateway.Nclue.Arrivals.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_stale_page_is_answered_at_once_and_its_refresh_follows()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();
        gateway.Nclue.Delay = TimeSpan.FromSeconds(1);

        gateway.Clock.Advance(TimeSpan.FromSeconds(15));
        var stale = await gateway.ReadAsync();
        var departed = (await gateway.Nclue.WaitForArrivalsAsync(2, TestContext.Current.CancellationToken))[1].At;
        await gateway.LetTimePassUntilAsync(() => gateway.Services.GetRequiredService<Refresher>().Status.InFlight == 0);
        var fresh = await gateway.ReadAsync();

        stale.CacheStatus.ShouldBe("nclue-gateway; hit; ttl=-5");
        stale.Age.ShouldBe(15);

        // Counted from the departure, not from the response a second later.
        fresh.Age.ShouldBe((int)Math.Ceiling((gateway.Clock.GetUtcNow() - departed).TotalSeconds));
        fresh.Age.ShouldBeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public async Task A_reader_who_comes_by_rarely_gets_fresh_data_when_the_gateway_is_idle()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();

        gateway.Clock.Advance(TimeSpan.FromSeconds(60));
        var page = await gateway.ReadAsync();

        page.CacheStatus.ShouldBe("nclue-gateway; fwd=stale; stored");
        page.Age.ShouldBe(0);
    }

    [Fact]
    public async Task A_rare_reader_waits_no_longer_than_the_soft_wait()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();
        gateway.Nclue.Delay = TimeSpan.FromSeconds(5);

        gateway.Clock.Advance(TimeSpan.FromSeconds(60));
        var read = gateway.ReadAsync();
        await gateway.Nclue.WaitForArrivalsAsync(2, TestContext.Current.CancellationToken);
        read.IsCompleted.ShouldBeFalse();
        gateway.Clock.Advance(TimeSpan.FromMilliseconds(500));
        var page = await read;

        page.CacheStatus.ShouldBe("nclue-gateway; hit; ttl=-51");
        page.Age.ShouldBe(61);
    }

    [Fact]
    public async Task Without_a_soft_wait_a_stale_page_is_always_answered_at_once()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Cache:SoftWait"] = "00:00:00" });
        await gateway.ReadAsync();

        gateway.Clock.Advance(TimeSpan.FromSeconds(60));

        (await gateway.ReadAsync()).Age.ShouldBe(60);
    }

    [Fact]
    public async Task An_expired_page_is_worth_a_wait()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();

        gateway.Clock.Advance(TimeSpan.FromMinutes(10));
        var page = await gateway.ReadAsync();

        page.CacheStatus.ShouldBe("nclue-gateway; fwd=stale; stored");
        page.Age.ShouldBe(0);
    }

    [Fact]
    public async Task An_expired_page_is_answered_when_the_wait_was_in_vain()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();
        gateway.Nclue.Delay = TimeSpan.FromSeconds(8);

        gateway.Clock.Advance(TimeSpan.FromMinutes(10));
        var read = gateway.ReadAsync();
        await gateway.Nclue.WaitForArrivalsAsync(2, TestContext.Current.CancellationToken);
        gateway.Clock.Advance(TimeSpan.FromSeconds(5));
        var page = await read;

        page.Status.ShouldBe(HttpStatusCode.OK);
        page.CacheStatus.ShouldBe("nclue-gateway; fwd=stale; ttl=-595; detail=upstream-busy");
        page.Age.ShouldBe(605);
    }

    [Fact]
    public async Task A_copy_older_than_it_may_be_kept_is_no_copy()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Cache:KeepFor"] = "00:10:00" });
        await gateway.ReadAsync();
        await gateway.Nclue.PauseAsync(TestContext.Current.CancellationToken);

        gateway.Clock.Advance(TimeSpan.FromMinutes(10));
        var kept = await gateway.ReadAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        var gone = await gateway.LetDepartUntilAsync(gateway.ReadAsync());

        kept.Status.ShouldBe(HttpStatusCode.OK);
        gone.Status.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task A_page_over_two_blocks_is_as_old_as_the_older_one()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(4));

        var page = await gateway.ReadAsync(index: 90);

        page.Runs.ShouldBe(Enumerable.Range(90, 20));
        page.Age.ShouldBe(4);
        page.CacheStatus.ShouldBe("nclue-gateway; fwd=miss; stored");
    }

    [Fact]
    public async Task What_is_read_again_and_again_is_kept_fresh_and_what_is_not_is_left_alone()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();

        // Without another read, no request is sent.
        gateway.Clock.Advance(TimeSpan.FromSeconds(30));
        await gateway.CreateAnonymousClient().GetAsync("/problems", TestContext.Current.CancellationToken);
        gateway.Nclue.Arrivals.Count.ShouldBe(1);

        // After another read, the block is refreshed when it is due, without a further read.
        await gateway.ReadAsync();
        await gateway.ReadAsync();
        // The clock stands still until the response, so that the refresher has set its timer by then.
        await gateway.ReadAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(9.9));
        gateway.Nclue.Arrivals.Count.ShouldBe(2);
        gateway.Clock.Advance(TimeSpan.FromSeconds(0.2));
        await gateway.Nclue.WaitForArrivalsAsync(3, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Any_number_of_readers_of_a_missing_page_cost_one_call()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var clients = Enumerable.Range(0, 10).Select(n => gateway.CreateClient($"reader-{n}")).ToList();
        gateway.Nclue.Delay = TimeSpan.FromSeconds(1);

        var reads = Task.WhenAll(Enumerable.Range(0, 200).Select(n => GatewayHost.ReadAsync(clients[n % 10], n % 50)));
        await gateway.UntilWaitingAsync(10);
        var pages = await gateway.LetDepartUntilAsync(reads);

        pages.ShouldAllBe(page => page.Status == HttpStatusCode.OK);
        gateway.Nclue.Arrivals.Count.ShouldBe(1);
        pages.Count(page => page.CacheStatus == "nclue-gateway; fwd=miss; stored").ShouldBe(1);
        pages.ShouldContain(page => page.CacheStatus == "nclue-gateway; fwd=miss; stored; collapsed");
    }

    [Fact]
    public async Task A_caller_who_leaves_cancels_nothing_but_its_own_wait()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Delay = TimeSpan.FromSeconds(2);
        using var leaves = new CancellationTokenSource();
        var leaver = gateway.CreateClient("leaver").GetAsync("/api/task-runs", leaves.Token);
        await gateway.Nclue.WaitForArrivalsAsync(1, TestContext.Current.CancellationToken);
        var stayer = gateway.ReadAsync();

        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(leaver);
        var page = await gateway.LetDepartUntilAsync(stayer);

        page.Status.ShouldBe(HttpStatusCode.OK);
        gateway.Nclue.Arrivals.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("Cache-Control", "no-cache")]
    [InlineData("Cache-Control", "no-store, max-age=0")]
    [InlineData("Pragma", "no-cache")]
    public async Task A_reload_does_not_buy_a_call(string header, string value)
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(5));
        gateway.Client.DefaultRequestHeaders.Add(header, value);

        var page = await gateway.ReadAsync();

        page.CacheStatus.ShouldBe("nclue-gateway; hit; ttl=5");
        gateway.Nclue.Arrivals.Count.ShouldBe(1);
    }
}
