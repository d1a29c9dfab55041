using System.Net;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Mirror;

public sealed class UpstreamFailureTests
{
    [Fact]
    public async Task A_refused_key_is_no_fault_of_the_caller()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Keys[GatewayHost.AccessKey] = "another-secret";

        var page = await gateway.ReadAsync();

        page.Status.ShouldBe(HttpStatusCode.BadGateway);
        page.Problem.ShouldBe("/problems/upstream-credentials");
        ((string?)page.Json["detail"]).ShouldBe(
            "NCP refused the gateway's request (HTTP 401, code 200): the key pair is probably wrong, disabled or expired.");
        page.Headers.ShouldNotContainKey("WWW-Authenticate");
    }

    [Fact]
    public async Task A_refused_key_is_tried_again_ever_more_rarely_and_held_data_is_served_meanwhile()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();
        gateway.Nclue.Keys[GatewayHost.AccessKey] = "another-secret";

        for (var second = 0; second < 600; second++)
        {
            gateway.Clock.Advance(TimeSpan.FromSeconds(1));
            var page = await gateway.ReadAsync();
            page.Status.ShouldBe(HttpStatusCode.OK);
            page.Age.ShouldBe(second + 1);
            await gateway.UntilNoneInFlightAsync();
        }

        // 1, 2, 4, … 60 s apart: 6 doublings and then once a minute.
        gateway.Nclue.Arrivals.Count.ShouldBeInRange(12, 22);
        (await gateway.ReadAsync()).CacheStatus.ShouldBe("nclue-gateway; hit; ttl=-590; detail=upstream-credentials");
    }

    [Fact]
    public async Task Ten_minutes_without_the_upstream_are_served_from_memory_without_waiting()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 1_000 });
        await gateway.CrawlAsync(limit: 100);
        await gateway.Nclue.PauseAsync(TestContext.Current.CancellationToken);
        var started = gateway.Clock.GetUtcNow();
        var random = new Random(1);
        var pages = Enumerable.Range(0, 100).Select(_ => (Index: random.Next(1_000), Limit: 1 + random.Next(100))).ToArray();

        while (gateway.Clock.GetUtcNow() - started < TimeSpan.FromMinutes(10))
        {
            gateway.Clock.Advance(TimeSpan.FromMilliseconds(300));
            var before = gateway.Clock.GetUtcNow();
            if (before - started > TimeSpan.FromSeconds(60))
            {
                await gateway.UntilFailingAsync(); // the clock must not advance past its attempts
            }

            var (index, limit) = pages[random.Next(pages.Length)];
            var page = await gateway.ReadAsync(index, limit); // only the test advances the clock: a wait would hang
            page.Status.ShouldBe(HttpStatusCode.OK);
            page.Runs[0].ShouldBe(index);
            page.CacheStatus.ShouldStartWith("nclue-gateway; hit; ttl=");
            gateway.Clock.GetUtcNow().ShouldBe(before);
        }

        var last = await gateway.ReadAsync();
        last.Age.ShouldBeGreaterThanOrEqualTo(600);
        last.CacheStatus.ShouldEndWith("; detail=upstream-error");
    }

    [Fact]
    public async Task After_its_return_the_upstream_is_used_again_within_ten_seconds_and_every_wanted_block_follows()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 500 });
        await gateway.CrawlAsync(limit: 100);
        await gateway.Nclue.PauseAsync(TestContext.Current.CancellationToken);
        for (var second = 0; second < 120; second++)
        {
            gateway.Clock.Advance(TimeSpan.FromSeconds(1));
            await gateway.ReadAsync(index: second * 100 % 500);
        }

        var arrived = gateway.Nclue.Arrivals.Count;
        await gateway.Nclue.ResumeAsync(TestContext.Current.CancellationToken);
        gateway.Clock.Advance(TimeSpan.FromSeconds(10));
        await gateway.Nclue.WaitForArrivalsAsync(arrived + 1, TestContext.Current.CancellationToken);
        var pages = new List<PageResponse>();
        for (var block = 0; block < 5; block++)
        {
            pages.Add(await gateway.LetDepartUntilAsync(gateway.ReadUntilAsync(page => page.Age <= 10, index: 100 * block)));
        }

        pages.ShouldAllBe(page => page.Status == HttpStatusCode.OK);
        gateway.Nclue.Arrivals.Count.ShouldBeLessThanOrEqualTo(arrived + 6);
    }

    [Theory]
    [InlineData(500, "upstream-error")]
    [InlineData(503, "upstream-error")]
    [InlineData(504, "upstream-error")]
    [InlineData(400, "upstream-error")]
    [InlineData(302, "upstream-error")]
    [InlineData(403, "upstream-credentials")]
    [InlineData(404, "upstream-credentials")]
    public async Task An_error_without_any_data_is_told_after_a_wait_that_could_have_helped(int status, string slug)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new Fault { Status = status };

        var page = await gateway.LetDepartUntilAsync(gateway.ReadAsync());

        page.Status.ShouldBe(HttpStatusCode.BadGateway);
        page.Problem.ShouldBe($"/problems/{slug}");
    }

    [Fact]
    public async Task A_reader_is_answered_when_the_upstream_comes_back_in_time()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new Fault { Status = 503, Count = 1 };

        var page = await gateway.LetDepartUntilAsync(gateway.ReadAsync());

        page.Status.ShouldBe(HttpStatusCode.OK);
        gateway.Nclue.Arrivals.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_unreadable_response_does_not_keep_readers_from_the_other_blocks()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 500 });
        await gateway.ReadAsync();
        gateway.Nclue.Fault = new Fault { Garbage = true };

        var bad = await gateway.LetDepartUntilAsync(gateway.ReadAsync(index: 100));
        gateway.Nclue.Fault = null;
        var good = await gateway.LetDepartUntilAsync(gateway.ReadAsync(index: 200));
        var still = await gateway.ReadAsync(index: 0);

        bad.Status.ShouldBe(HttpStatusCode.BadGateway);
        bad.Problem.ShouldBe("/problems/upstream-malformed");
        good.Runs[0].ShouldBe(200);
        still.Runs[0].ShouldBe(0);
    }

    [Fact]
    public async Task An_upstream_that_hangs_is_a_timeout_for_who_has_nothing_and_no_wait_for_who_has_something()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 500 });
        await gateway.ReadAsync();
        gateway.Nclue.Delay = TimeSpan.FromMinutes(1);

        var read = gateway.ReadAsync(index: 100);
        gateway.AdvanceOneInterval();
        await gateway.Nclue.WaitForArrivalsAsync(2, TestContext.Current.CancellationToken);
        gateway.Clock.Advance(TimeSpan.FromSeconds(5));
        var nothing = await read;
        gateway.Clock.Advance(TimeSpan.FromSeconds(6));
        var something = await gateway.ReadUntilAsync(page => page.CacheStatus.Contains("detail", StringComparison.Ordinal));

        nothing.Status.ShouldBe(HttpStatusCode.GatewayTimeout);
        nothing.Problem.ShouldBe("/problems/upstream-timeout");
        something.CacheStatus.ShouldBe("nclue-gateway; hit; ttl=-3; detail=upstream-timeout");
    }

    [Theory]
    [InlineData("410", 2)]
    [InlineData("420", 2)]
    [InlineData("unreadable", 2)]
    [InlineData("400", 60)]
    public async Task One_request_too_many_pauses_all_requests_and_each_further_one_twice_as_long(string code, int firstPause)
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();
        await gateway.ReadAsync(); // wanted
        gateway.Nclue.Fault = new Fault { Status = 429, Body = $$$"""{"error":{"errorCode":"{{{code}}}"}}""" };
        gateway.Clock.Advance(TimeSpan.FromSeconds(10.1));
        await gateway.Nclue.WaitForArrivalsAsync(2, TestContext.Current.CancellationToken);
        await gateway.ReadUntilAsync(page => page.CacheStatus.Contains("detail", StringComparison.Ordinal));

        foreach (var pause in new[] { firstPause, firstPause * 2, firstPause * 4 })
        {
            var arrived = gateway.Nclue.Arrivals.Count;
            gateway.Clock.Advance(TimeSpan.FromSeconds(pause - 0.1));
            (await gateway.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
            gateway.Nclue.Arrivals.Count.ShouldBe(arrived, $"after a pause of {pause} s");
            gateway.Clock.Advance(TimeSpan.FromSeconds(0.2));
            await gateway.ReadAsync();
            await gateway.Nclue.WaitForArrivalsAsync(arrived + 1, TestContext.Current.CancellationToken);
            await gateway.UntilNoneInFlightAsync();
        }
    }

    [Fact]
    public async Task A_pause_is_as_long_as_the_upstream_asks()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new Fault { Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "30" }, Count = 1 };

        var page = await gateway.ReadAsync();

        page.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        page.Problem.ShouldBe("/problems/upstream-busy");
        page.Headers["Retry-After"].ShouldBe("30");

        // The block of a refused reader is cached when the reader retries.
        gateway.Clock.Advance(TimeSpan.FromSeconds(30));
        await gateway.Nclue.WaitForArrivalsAsync(2, TestContext.Current.CancellationToken);
        (await gateway.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_used_up_quota_is_told_at_once()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new Fault { Status = 429, Body = """{"error":{"errorCode":400}}""" };

        var page = await gateway.ReadAsync();

        page.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        page.Problem.ShouldBe("/problems/upstream-quota");
        page.Headers["Retry-After"].ShouldBe("60");
    }

    [Fact]
    public async Task No_log_line_holds_a_secret_and_a_failure_that_repeats_is_one_line()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();
        gateway.Nclue.Keys[GatewayHost.AccessKey] = "another-secret";
        for (var second = 0; second < 200; second++)
        {
            gateway.Clock.Advance(TimeSpan.FromSeconds(1));
            await gateway.ReadAsync();
            await gateway.UntilNoneInFlightAsync(); // or the call would time out in between
        }

        var lines = gateway.Logs.GetSnapshot();
        var signatures = gateway.Nclue.Arrivals.Select(a => a.Headers["x-ncp-apigw-signature-v2"].ToString()).ToList();
        var token = gateway.Client.DefaultRequestHeaders.Authorization!.Parameter!;
        lines.ShouldAllBe(line => !line.Message.Contains(GatewayHost.SecretKey, StringComparison.Ordinal)
            && !line.Message.Contains(GatewayHost.AccessKey, StringComparison.Ordinal)
            && !line.Message.Contains(token, StringComparison.Ordinal)
            && !signatures.Any(s => line.Message.Contains(s, StringComparison.Ordinal)));
        lines.Count(line => line.Message.Contains("could not be read", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task A_failure_of_long_ago_does_not_hold_up_requests()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();
        gateway.Nclue.Fault = new Fault { Status = 503, Count = 1 };
        gateway.Clock.Advance(TimeSpan.FromSeconds(15));
        await gateway.ReadAsync();
        await gateway.Nclue.WaitForArrivalsAsync(2, TestContext.Current.CancellationToken);
        await gateway.UntilNoneInFlightAsync();

        gateway.Clock.Advance(TimeSpan.FromHours(3));
        var page = await gateway.LetDepartUntilAsync(gateway.ReadAsync());

        page.Age.ShouldBeLessThanOrEqualTo(5); // not three hours
        page.CacheStatus.ShouldNotContain("detail");
    }

    [Fact]
    public async Task A_bad_block_is_named_in_its_own_responses_and_logged_once()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.ReadAsync();
        gateway.Nclue.Fault = new Fault { Garbage = true };
        for (var second = 0; second < 120; second++)
        {
            gateway.Clock.Advance(TimeSpan.FromSeconds(1));
            await gateway.LetDepartUntilAsync(gateway.ReadAsync());
            await gateway.UntilNoneInFlightAsync();
        }

        var page = await gateway.LetDepartUntilAsync(gateway.ReadAsync());

        page.CacheStatus.ShouldEndWith("; detail=upstream-malformed");
        gateway.Logs.GetSnapshot().Count(line => line.Message.Contains("could not be read", StringComparison.Ordinal)).ShouldBe(1);
        gateway.Logs.GetSnapshot().ShouldNotContain(line => line.Message.Contains("can be read again", StringComparison.Ordinal));
    }
}
