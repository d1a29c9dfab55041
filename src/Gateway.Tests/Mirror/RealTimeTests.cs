using System.Collections.Concurrent;
using System.Net;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Mirror;

/// <summary>Behaviour that can be tested only by the real clock.</summary>
[Trait("Needs", "RealTime")]
public sealed class RealTimeTests
{
    private static readonly int[] Limits = [1, 7, 20, 50, 100];

    [Fact]
    public async Task The_first_requests_of_a_cold_gateway_arrive_a_second_apart_though_the_handshake_is_slow()
    {
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 500, UseHttps = true, TlsHandshakeDelay = TimeSpan.FromMilliseconds(300) }, realTime: true);

        var pages = await Task.WhenAll(gateway.ReadAsync(), gateway.ReadAsync(100), gateway.ReadAsync(200));

        pages.ShouldAllBe(page => page.Status == HttpStatusCode.OK);
        gateway.Nclue.Arrivals.Count.ShouldBe(3);
        gateway.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Sixty_four_callers_never_send_the_upstream_more_than_a_request_a_second_and_outlive_its_outage()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 1_000 }, realTime: true);
        var pages = new Random(5).GetItems(Enumerable.Range(0, 951).ToArray(), 40)
            .Select((index, n) => (Index: index, Limit: Limits[n % 5])).ToArray();
        var responses = new ConcurrentQueue<(TimeSpan At, TimeSpan Took, int Index, int Limit, PageResponse Page)>();
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        using var end = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 64).Select(n => Task.Run(() => ReadOnAsync(gateway.CreateClient($"caller-{n}"), n))).ToList();

        await Until(20);
        await gateway.Nclue.PauseAsync(TestContext.Current.CancellationToken);
        await Until(40);
        var beforeReturn = gateway.Nclue.Arrivals.Count;
        await gateway.Nclue.ResumeAsync(TestContext.Current.CancellationToken);
        await Until(66);
        await end.CancelAsync();
        await Task.WhenAll(callers);

        var arrivals = gateway.Nclue.Arrivals;
        var filled = TimeSpan.FromSeconds(15);
        responses.Where(a => a.At > filled).ShouldAllBe(a => a.Page.Status == HttpStatusCode.OK);
        responses.ShouldAllBe(a => a.Page.Status == HttpStatusCode.OK || a.Page.Problem == "/problems/upstream-busy");
        responses.Where(a => a.Page.Status == HttpStatusCode.OK)
            .ShouldAllBe(a => a.Page.Runs.SequenceEqual(Enumerable.Range(0, 1_000).Skip(a.Index).Take(a.Limit)));
        arrivals.Skip(1).Min(a => a.SincePrevious!.Value).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
        arrivals.ShouldAllBe(a => a.Status == 200);
        foreach (var block in arrivals.GroupBy(a => a.Index))
        {
            block.Zip(block.Skip(1), (first, next) => clock.GetElapsedTime(first.Timestamp, next.Timestamp))
                .DefaultIfEmpty(TimeSpan.FromDays(1)).Min()
                .ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(10), $"block at {block.Key}");
        }

        // During the outage no reader waits and ages are correct. After it every block is refreshed.
        var outage = responses.Where(a => a.At > TimeSpan.FromSeconds(32) && a.At < TimeSpan.FromSeconds(40)).ToList();
        outage.ShouldAllBe(a => a.Page.Age >= 11 && a.Page.CacheStatus.StartsWith("nclue-gateway; hit; ttl=-"));
        // A limit far below Cache:WaitFor, but long enough for a busy machine.
        outage.Max(a => a.Took).ShouldBeLessThan(TimeSpan.FromSeconds(2));
        arrivals.Skip(beforeReturn).Select(a => a.Index).Distinct().Count().ShouldBe(10);
        responses.Where(a => a.At > TimeSpan.FromSeconds(62)).ShouldAllBe(a => a.Page.Age <= 30);

        async Task ReadOnAsync(HttpClient client, int seed)
        {
            var random = new Random(seed);
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200), clock);
            while (!end.IsCancellationRequested)
            {
                var (index, limit) = pages[random.Next(pages.Length)];
                var asked = clock.GetTimestamp();
                var page = await GatewayHost.ReadAsync(client, index, limit);
                responses.Enqueue((clock.GetElapsedTime(started, asked), clock.GetElapsedTime(asked), index, limit, page));
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        }

        async Task Until(double seconds)
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50), clock);
            while (clock.GetElapsedTime(started).TotalSeconds < seconds)
            {
                await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            }
        }
    }
}
