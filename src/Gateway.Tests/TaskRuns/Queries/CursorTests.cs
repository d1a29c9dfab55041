using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>Chains of pages of one gateway, by a fake clock.</summary>
public sealed class CursorTests
{
    private const string List = "/api/task-runs";

    [Fact]
    public async Task A_chain_has_each_run_of_its_version_once_while_the_list_changes_a_thousand_times()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(
            new() { Runs = 400 }, ("Cache:FreshFor", "00:00:01"), ("Snapshot:CursorsFor", "01:00:00"));
        var random = new Random(18);
        var began = gateway.Shown()!.Version.Number;
        var expected = IdsNewestFirst(gateway);
        List<PageResponse> pages = [await gateway.AskAsync($"{List}?sort=-createdAt&limit=40")];

        for (var change = 1; change <= 1_000; change++)
        {
            Change(gateway, random, change);
            if (change % 5 == 0)
            {
                var version = gateway.Snapshot().State.Version;
                await gateway.LetDepartUntilAsync(state => state.Version != version);
            }

            if (change % 110 == 0)
            {
                pages.Add(await gateway.AskAsync(pages[^1].Link("next")!));
            }
        }

        (gateway.Shown()!.Version.Number - began).ShouldBeGreaterThanOrEqualTo(200);
        pages.SelectMany(page => page.Ids()).ShouldBe(expected);
        pages.ShouldAllBe(page => page.Total == 400);
        pages[^1].Link("next").ShouldBeNull();
        IdsNewestFirst(gateway).ShouldNotBe(expected);
        var newest = await gateway.AskAsync(pages[^1].Link("first")!);
        newest.Ids().ShouldBe(IdsNewestFirst(gateway).Take(40)); // begins a new chain
    }

    [Fact]
    public async Task A_page_of_a_version_that_was_superseded_too_long_ago_is_410_with_a_link_to_the_newest()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(
            new() { Runs = 150 }, ("Cache:FreshFor", "00:00:01"), ("Snapshot:CursorsFor", "00:01:00"));
        var first = await gateway.AskAsync($"{List}?sort=name&limit=20");
        await ChangeAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(30)); // much less than a minute: each change takes some seconds too
        await ChangeAsync();
        (await gateway.AskAsync(first.Link("next")!)).Status.ShouldBe(HttpStatusCode.OK);
        gateway.Clock.Advance(TimeSpan.FromSeconds(30));
        await ChangeAsync();

        var expired = await gateway.AskAsync(first.Link("next")!);

        expired.Status.ShouldBe(HttpStatusCode.Gone);
        expired.Problem.ShouldBe("/problems/cursor-expired");
        expired.Headers["Link"].ShouldBe($"<{List}?sort=name&limit=20>; rel=\"first\"");
        var again = await gateway.AskAsync(expired.Link("first")!);
        again.Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.AskAsync(again.Link("next")!)).Status.ShouldBe(HttpStatusCode.OK);

        async Task ChangeAsync()
        {
            var before = gateway.Snapshot().State.Version;
            gateway.Nclue.Runs.Prepend(1);
            await gateway.LetDepartUntilAsync(state => state.Version != before);
        }
    }

    [Fact]
    public async Task The_previous_pages_lead_back_to_the_start_where_the_first_is_shorter()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 });
        List<PageResponse> pages = [await gateway.AskAsync($"{List}?sort=createdAt&limit=20&index=45")];

        await gateway.FollowAsync(pages, "prev");

        pages.Select(page => ((int)page.Json["index"]!, (int)page.Json["limit"]!)).ShouldBe([(45, 20), (25, 20), (5, 20), (0, 5)]);
        pages.AsEnumerable().Reverse().SelectMany(page => page.Runs).ShouldBe(Enumerable.Range(0, 65));
        var beyond = await gateway.AskAsync($"{List}?sort=createdAt&limit=20&index=1000");
        beyond.Ids().ShouldBeEmpty();
        beyond.Link("next").ShouldBeNull();
        (await gateway.AskAsync(beyond.Link("prev")!)).Runs.ShouldBe(Enumerable.Range(70, 20));
    }

    [Fact]
    public async Task The_length_of_the_pages_may_change_along_a_chain_and_index_0_may_be_repeated()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 });
        var first = await gateway.AskAsync($"{List}?sort=createdAt&limit=20");

        var second = await gateway.AskAsync(first.Link("next")!.Replace("limit=20", "limit=33") + "&index=0");

        second.Runs.ShouldBe(Enumerable.Range(20, 33));
        (await gateway.AskAsync(second.Link("next")!)).Runs.ShouldBe(Enumerable.Range(53, 33));
        var beside = await gateway.AskAsync(first.Link("next")! + "&index=20");
        beside.Status.ShouldBe(HttpStatusCode.BadRequest);
        beside.Errors().Keys.ShouldBe(["index"]);
    }

    [Fact]
    public async Task A_cursor_that_is_damaged_or_of_another_query_is_named()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 });
        var next = (await gateway.AskAsync($"{List}?status=completed&limit=20")).Link("next")!;
        var cursor = next.Split("cursor=")[1];
        var altered = Enumerable.Range(0, cursor.Length)
            .Select(at => cursor[..at] + (cursor[at] == 'x' ? 'y' : 'x') + cursor[(at + 1)..]);
        string[] wrong =
        [
            .. altered.Select(text => next.Replace(cursor, text)),
            .. Enumerable.Range(1, cursor.Length - 1).Select(length => next.Replace(cursor, cursor[..length])),
            next + "x", next + "%20", next + "=", next.Replace(cursor, cursor + cursor),
            next.Replace("status=completed", "status=failed"), next + "&partial=true",
            next.Replace("status=completed", "status=completed&q=a"),
            next.Replace("sort=-createdAt", "sort=createdAt"), $"{List}?cursor={cursor}",
        ];

        foreach (var address in wrong)
        {
            var refused = await gateway.AskAsync(address);
            refused.Status.ShouldBe(HttpStatusCode.BadRequest, address);
            string.Join(" ", refused.Errors().Keys).ShouldBe("cursor", address);
        }

        (await gateway.AskAsync(next)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_forged_cursor_is_another_position_or_refused()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 });
        var next = (await gateway.AskAsync($"{List}?sort=createdAt&limit=20")).Link("next")!;
        QueryCursor.TryParse(next.Split("cursor=")[1], out var cursor).ShouldBeTrue();
        var (version, top) = (cursor.Version, gateway.Snapshot().State.Top.Number);
        (QueryCursor Cursor, int Status)[] forged =
        [
            (cursor with { Index = int.MaxValue }, 400),
            (cursor with { Index = int.MaxValue - 19 }, 400),
            (cursor with { Index = -1 }, 400),
            (cursor with { Index = 10_000_000 }, 200),
            (cursor with { Index = 37 }, 200),
            (cursor with { Version = version with { Number = top + 1_000 } }, 400), // beyond the top of the log
            (cursor with { Version = version with { Number = long.MaxValue } }, 400),
            (cursor with { Version = version with { Epoch = long.MinValue } }, 400),
            (cursor with { Version = version with { Number = 0 } }, 410),
            (cursor with { Version = version with { Chain = ~version.Chain } }, 410),
            (cursor with { Version = version with { Epoch = version.Epoch - 1 } }, 410), // of another log
            (cursor with { Version = version with { Epoch = version.Epoch + 1 } }, 410),
        ];

        foreach (var (one, status) in forged)
        {
            var response = await gateway.AskAsync($"{next.Split("cursor=")[0]}cursor={one}");
            ((int)response.Status).ShouldBe(status, $"{one.Version} {one.Index}");
            if (status == 400)
            {
                response.Errors().Keys.ShouldBe(["cursor"]);
            }
        }
    }

    [Fact]
    public async Task A_result_that_a_new_version_leaves_as_it_is_is_304_with_the_links_of_that_version()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 150 }, ("Cache:FreshFor", "00:00:01"));
        var first = await gateway.AskAsync($"{List}?status=completed&limit=10");
        var before = gateway.Snapshot().State.Version;
        gateway.Nclue.Runs.Rename(143); // a failed one
        await gateway.LetDepartUntilAsync(state => state.Version != before);

        var unchanged = await gateway.AskAsync($"{List}?status=completed&limit=10", ("If-None-Match", first.Headers["ETag"]));

        unchanged.Status.ShouldBe(HttpStatusCode.NotModified);
        unchanged.Headers["ETag"].ShouldBe(first.Headers["ETag"]);
        var version = gateway.Services.GetRequiredService<SnapshotVersions>().Newest!.Version;
        unchanged.Link("monitor").ShouldBe($"{List}/changes?since={version}");
        unchanged.Link("monitor").ShouldNotBe(first.Link("monitor"));
        QueryCursor.TryParse(unchanged.Link("next")!.Split("cursor=")[1], out var next).ShouldBeTrue();
        next.Version.ShouldBe(version);
    }

    private static void Change(GatewayHost gateway, Random random, int change)
    {
        var runs = gateway.Nclue.Runs;
        if (change % 3 == 0)
        {
            runs.Prepend(1);
        }
        else if (change % 3 == 1)
        {
            runs.RemoveAt(random.Next(20));
        }
        else
        {
            runs.Rename(random.Next(20));
        }
    }

    private static string[] IdsNewestFirst(GatewayHost gateway) =>
    [
        .. gateway.Shown()!.Roll.From(0).Select(entry => entry.Run.Columns)
            .OrderByDescending(run => run.CreatedAt).ThenBy(run => run.Id, StringComparer.Ordinal).Select(run => run.Id),
    ];
}
