using System.Net;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Mirror;

public sealed class EndOfListTests
{
    public static TheoryData<int, string, string> Lists => new(
        from runs in new[] { 0, 1, 99, 100, 101, 1_000 }
        from counts in Enum.GetNames<TotalCounts>()
        from unit in Enum.GetNames<SimulatedIndexUnit>()
        select (runs, counts, unit));

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task Whoever_follows_next_sees_every_run_once_and_then_the_end(int runs, string total, string unit)
    {
        var counts = Enum.Parse<TotalCounts>(total);
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = runs, TotalCounts = counts, IndexUnit = Enum.Parse<SimulatedIndexUnit>(unit) },
            new Dictionary<string, string?> { ["Nclue:IndexUnit"] = unit });

        var pages = await gateway.CrawlAsync(limit: 40);

        pages.ShouldAllBe(page => page.Status == HttpStatusCode.OK);
        pages.SelectMany(page => page.Runs).ShouldBe(Enumerable.Range(0, runs));
        pages[^1].Total.ShouldBe(runs);
        pages[^1].Link("last").ShouldNotBeNull();

        // Every block once, and one more only where the end is proved by an empty block alone.
        var blocks = (runs / 100) + (runs % 100 > 0 || runs == 0 ? 1 : 0);
        var needsProof = runs > 0 && runs % 100 == 0 && (counts != TotalCounts.Account || runs == 100) ? 1 : 0;
        gateway.Nclue.Arrivals.Select(a => a.Index).Distinct().Count().ShouldBe(blocks + needsProof);
    }

    [Fact]
    public async Task The_total_is_null_while_the_length_is_not_proved()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250, TotalCounts = TotalCounts.Answer });

        var page = await gateway.ReadAsync(limit: 100);

        page.Total.ShouldBeNull();
        page.Text.ShouldContain("\"total\":null");
        page.Link("next").ShouldBe("/api/task-runs?index=100&limit=100");
        page.Link("last").ShouldBeNull();
    }

    [Fact]
    public async Task The_total_is_believed_when_it_goes_beyond_the_rows_that_came()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250, TotalCounts = TotalCounts.Account });

        var page = await gateway.ReadAsync(limit: 20);

        page.Total.ShouldBe(250);
        page.Link("last").ShouldBe("/api/task-runs?index=240&limit=20");
    }

    [Fact]
    public async Task Hundreds_of_readers_of_pages_beyond_the_end_cost_one_call()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 50 });
        var clients = Enumerable.Range(0, 20).Select(n => gateway.CreateClient($"reader-{n}")).ToList();

        // One address may have 1,000 connections, and each request may need one of its own.
        var pages = await Task.WhenAll(Enumerable.Range(0, 900).Select(
            n => GatewayHost.ReadAsync(clients[n % 20], 100 + (n * 997), 1 + (n % 100))));

        pages.ShouldAllBe(page => page.Status == HttpStatusCode.OK && page.Runs.Length == 0 && page.Total == 50 && page.NextIndex == null);
        gateway.Nclue.Arrivals.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_page_far_beyond_the_end_of_an_unproved_list_asks_for_no_block_beyond_the_known_part()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250, TotalCounts = TotalCounts.Absent });

        var page = await gateway.ReadPatientlyAsync(index: 1_000_000);

        page.Runs.ShouldBeEmpty();
        page.Total.ShouldBe(250);
        gateway.Nclue.Arrivals.Select(a => a.Index).ShouldBe([0L, 100L, 200L]);
    }

    [Theory]
    [InlineData(nameof(TotalCounts.Account))]
    [InlineData(nameof(TotalCounts.Answer))]
    [InlineData(nameof(TotalCounts.Absent))]
    public async Task Growth_is_noticed_by_a_read_past_the_end(string counts)
    {
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 50, TotalCounts = Enum.Parse<TotalCounts>(counts) });
        (await gateway.ReadAsync(index: 60)).Runs.ShouldBeEmpty();
        gateway.Nclue.Runs.Count = 65;
        await gateway.ReadAsync(index: 60);

        gateway.Clock.Advance(TimeSpan.FromSeconds(11));
        var page = await gateway.ReadUntilAsync(p => p.Runs.Length > 0, index: 60);

        page.Runs.ShouldBe([60, 61, 62, 63, 64]);
        page.Total.ShouldBe(65);
    }

    [Theory]
    [InlineData(nameof(TotalCounts.Account))]
    [InlineData(nameof(TotalCounts.Answer))]
    [InlineData(nameof(TotalCounts.Absent))]
    public async Task A_list_that_has_shrunk_ends_where_its_newest_block_says(string counts)
    {
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 350, TotalCounts = Enum.Parse<TotalCounts>(counts) });
        (await gateway.CrawlAsync(limit: 100))[^1].Total.ShouldBe(350);
        gateway.Nclue.Runs.Count = 120;
        gateway.Clock.Advance(TimeSpan.FromMinutes(5));

        await gateway.ReadPatientlyAsync(index: 100, limit: 100);
        var last = await gateway.ReadPatientlyAsync(index: 300, limit: 100);
        var all = await gateway.CrawlAsync(limit: 100);

        last.Runs.ShouldBeEmpty();
        last.Total.ShouldBe(120);
        all.SelectMany(page => page.Runs).ShouldBe(Enumerable.Range(0, 120));
    }

    [Fact]
    public async Task An_empty_block_sends_the_gateway_one_block_back_until_the_end_is_found()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 350, TotalCounts = TotalCounts.Absent });
        await gateway.CrawlAsync(limit: 100);
        gateway.Nclue.Runs.Count = 120;
        gateway.Clock.Advance(TimeSpan.FromMinutes(5));

        await gateway.ReadPatientlyAsync(index: 300, limit: 100);
        var page = await gateway.LetDepartUntilAsync(gateway.ReadUntilAsync(p => p.Total is not null, index: 300));

        page.Total.ShouldBe(120);
    }

    [Fact]
    public async Task Runs_that_move_down_while_a_page_is_put_together_are_not_shown_twice()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250 });
        await gateway.ReadPatientlyAsync(index: 0);
        gateway.Nclue.Runs.Prepend(5);

        var page = await gateway.ReadPatientlyAsync(index: 90, limit: 20);

        // Rows 100 to 104 of the second block are the runs 95 to 99, which the first block shows.
        page.Runs.ShouldBe([90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104]);
        page.NextIndex.ShouldBe(110);
    }

    [Fact]
    public async Task A_full_block_with_more_to_come_and_an_empty_one_after_it_hint_at_the_wrong_index_unit()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250, IndexUnit = SimulatedIndexUnit.Page });

        await gateway.ReadPatientlyAsync(index: 0);
        await gateway.ReadPatientlyAsync(index: 100);

        gateway.Logs.GetSnapshot()
            .Count(log => log.Message.Contains("Nclue:IndexUnit is probably wrong", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task An_end_is_forgotten_with_the_block_that_proved_it()
    {
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 350, TotalCounts = TotalCounts.Answer },
            new Dictionary<string, string?> { ["Cache:KeepFor"] = "01:00:00" });
        (await gateway.CrawlAsync(limit: 100))[^1].Total.ShouldBe(350);
        gateway.Nclue.Runs.Count = 420;

        gateway.Clock.Advance(TimeSpan.FromHours(2));
        await gateway.ReadPatientlyAsync();
        var page = await gateway.ReadAsync();

        page.Total.ShouldBeNull();
        (await gateway.CrawlAsync(limit: 100))[^1].Total.ShouldBe(420);
    }

    [Fact]
    public async Task A_total_beyond_all_reason_breaks_nothing()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 100 });
        var runs = (await gateway.ReadAsync(limit: 100)).Json["runs"]!.AsArray().Select((_, n) => $$"""{"run_id":"{{n}}"}""");
        gateway.Nclue.Fault = new() { Body = $$"""{"total":9223372036854775807,"runs":[{{string.Join(',', runs)}}]}""", Count = 1 };
        gateway.Clock.Advance(TimeSpan.FromMinutes(3));
        (await gateway.ReadAsync(limit: 100)).Total.ShouldBe(long.MaxValue);

        var beyond = await gateway.ReadPatientlyAsync(index: 500);

        beyond.Status.ShouldBe(HttpStatusCode.OK);
    }
}
