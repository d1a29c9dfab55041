using Microsoft.Playwright;
using NclueGateway.Tests.Replicas;
using NclueGateway.Tests.TaskRuns.Changes;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Console;

/// <summary>The board while the list changes upstream.</summary>
[Trait("Needs", "Processes")]
public sealed class ConsoleLiveBrowserTests(LiveConsole host) : IClassFixture<LiveConsole>
{
    [Fact]
    public async Task A_run_changes_in_its_row_while_focus_scroll_position_and_order_stay()
    {
        await using var view = await host.ListenAsync("/console");
        var (page, row) = (view.Page, view.Page.Row(41));
        await row.Locator("th a").FocusAsync();
        await page.EvaluateAsync("() => { scrollBy(0, 40); window.before = [document.activeElement, scrollY]; }");
        var order = await page.KeysAsync();

        await host.ChangeUntilAsync(
            LiveConsole.Of(41, ConsoleRuns.Completed), row.Locator(".status").Expect().ToHaveTextAsync("Available"));

        (await page.EvaluateAsync<bool>("() => before[0] === document.activeElement && document.activeElement.closest('tr') !== null"))
            .ShouldBeTrue();
        (await page.EvaluateAsync<int[]>("() => [before[1], scrollY]")).Distinct().ShouldHaveSingleItem().ShouldBeGreaterThan(0);
        (await page.KeysAsync()).ShouldBe(order);
        await row.Locator(".number").Expect().ToHaveTextAsync("5 min 00 s");
        view.Requests.Count(request => request.IsNavigationRequest && new Uri(request.Url).AbsolutePath == "/console")
            .ShouldBe(1); // no reload
        view.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_row_that_no_longer_matches_or_is_deleted_stays_and_is_marked_until_the_reader_acts()
    {
        await using var view = await host.ListenAsync("/console?status=in_progress");
        var page = view.Page;
        var order = await page.KeysAsync();
        order.ShouldContain("run-57");

        await host.ChangeUntilAsync(
            LiveConsole.Of(57, ConsoleRuns.Completed), page.Row(57).Expect().ToContainTextAsync("no longer matches"));
        await page.Row(57).Locator(".status").Expect().ToHaveTextAsync("Available");
        await host.ChangeUntilAsync(LiveConsole.Of(56, _ => null), page.Row(56).Locator(".status").Expect().ToHaveTextAsync("Deleted"));

        (await page.KeysAsync()).ShouldBe(order);
        await page.Locator("#counts [data-key=in_progress] .number").Expect().ToHaveTextAsync($"{order.Length - 2}");
        await page.ReloadAsync();
        (await page.KeysAsync()).ShouldBe(order.Except(["run-57", "run-56"]));
    }

    [Fact]
    public async Task New_runs_are_a_number_to_click_where_they_come_first()
    {
        await using var view = await host.ListenAsync("/console");
        var page = view.Page;
        var order = await page.KeysAsync();

        await host.ChangeUntilAsync(
            run => run, page.Locator(".pill").Expect().ToHaveTextAsync("2 new"), host.NewRun(101), host.NewRun(100));

        (await page.KeysAsync()).ShouldBe(order);
        await page.Locator(".pill").ClickAsync();
        await page.Row(101).WaitForAsync();
        (await page.KeysAsync()).Take(2).ShouldBe(["run-101", "run-100"], ignoreOrder: true);
        await page.Locator(".pill").Expect().ToHaveCountAsync(0);
    }

    [Fact]
    public async Task In_another_order_new_runs_only_count()
    {
        await using var view = await host.ListenAsync("/console?sort=name");
        var (page, order) = (view.Page, await view.Page.KeysAsync());

        await host.ChangeUntilAsync(
            run => run,
            page.Locator("#counts [data-key=all] .number").Expect().ToHaveTextAsync($"{host.Runs.Count + 1}"),
            host.NewRun(102));

        await page.Locator(".pill").Expect().ToHaveCountAsync(0);
        (await page.KeysAsync()).ShouldBe(order);
    }

    [Fact]
    public async Task Screen_readers_hear_one_summary_in_10_s_and_the_page_is_refreshed_once_in_2_s()
    {
        await using var view = await host.ListenAsync("/console");
        var (page, heard) = (view.Page, view.Page.GetByRole(AriaRole.Status));
        await host.ChangeUntilAsync(LiveConsole.Of(30, Renamed), heard.Expect().ToHaveTextAsync("Runs changed: 1."));
        await page.Row(30).Expect().ToContainTextAsync("renamed");
        await page.Clock.PauseAtAsync(await page.EvaluateAsync<string>("() => new Date(Date.now() + 2600).toISOString()"));
        var refreshes = view.Refreshes();

        await host.ChangeUntilAsync(LiveConsole.Of(29, Renamed), UntilHeardAsync(page, 1));
        await host.ChangeUntilAsync(LiveConsole.Of(28, Renamed), UntilHeardAsync(page, 2));
        (await heard.TextContentAsync()).ShouldBe("Runs changed: 1.");
        view.Refreshes().ShouldBe(refreshes); // while the page's clock stands still

        await page.Clock.RunForAsync(2600);
        await page.Row(28).Expect().ToContainTextAsync("renamed");
        view.Refreshes().ShouldBe(refreshes + 1);
        (await heard.TextContentAsync()).ShouldBe("Runs changed: 1.");

        await page.Clock.RunForAsync(10_000);
        await heard.Expect().ToHaveTextAsync("Runs changed: 2.");
    }

    [Fact]
    public async Task Nine_windows_of_one_browser_share_a_stream_and_all_are_live()
    {
        await using var view = await host.ListenAsync("/console?status=in_progress");
        List<IPage> pages = [view.Page];
        while (pages.Count < 9)
        {
            var another = await view.OpenAnotherAsync();
            await another.GotoAsync(view.Page.Url);
            pages.Add(another);
        }

        await host.Gateway.UntilOpenAsync(1);
        await host.ChangeUntilAsync(
            LiveConsole.Of(40, ConsoleRuns.Completed),
            Task.WhenAll(pages.Select(page => page.Row(40).Locator(".status").Expect().ToHaveTextAsync("Available"))));

        await host.Gateway.UntilOpenAsync(1);
        await pages[8].GotoAsync(host.At("/console/gateway").AbsoluteUri);
        await pages[8].GetByRole(AriaRole.Heading, new() { Name = "Gateway", Exact = true }).WaitForAsync();
        view.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_hidden_page_has_no_stream_and_asks_for_nothing()
    {
        await using var view = await host.ListenAsync("/console");
        var other = await view.OpenAnotherAsync();
        await other.GotoAsync(view.Page.Url);

        await view.Page.SetHiddenAsync(true);
        await host.ChangeUntilAsync(LiveConsole.Of(20, Renamed), other.Row(20).Expect().ToContainTextAsync("renamed")); // by its own stream
        await host.Gateway.UntilOpenAsync(1);
        await other.SetHiddenAsync(true);
        await host.Gateway.UntilOpenAsync(0);
        var requests = view.Requests.Count;
        await view.Page.Clock.FastForwardAsync(120_000);
        await other.Clock.FastForwardAsync(120_000);
        (await view.Page.Row(20).TextContentAsync()).ShouldNotBeNull().ShouldNotContain("renamed");
        view.Requests.Count.ShouldBe(requests);

        await view.Page.SetHiddenAsync(false);
        await view.Page.Row(20).Expect().ToContainTextAsync("renamed");
        await host.Gateway.UntilOpenAsync(1);
    }

    [Theory]
    [InlineData("never opens")]
    [InlineData("is refused")]
    public async Task Without_a_stream_within_5_s_the_page_polls(string stream)
    {
        await host.Gateway.UntilOpenAsync(0);
        await using var view = await host.OpenAsync("/console/signed-out");
        await view.Page.Context.RouteAsync(
            "**/api/task-runs/changes*",
            route => stream == "is refused" ? route.FulfillAsync(new() { Status = 503 }) : Task.CompletedTask);
        await view.Page.GotoAsync(host.At("/console").AbsoluteUri);
        var number = stream == "is refused" ? 15 : 16;

        await host.ChangeUntilAsync(LiveConsole.Of(number, Renamed), PollAsync());

        await host.Gateway.UntilOpenAsync(0);
        view.Refreshes().ShouldBeGreaterThan(0);

        async Task PollAsync()
        {
            await view.Page.Clock.FastForwardAsync(5_600);
            await view.Page.Clock.FastForwardAsync(5_600);
            await view.Page.Row(number).Expect().ToContainTextAsync("renamed");
        }
    }

    private static Task<int> UntilHeardAsync(IPage page, int runs) =>
        ReplicaSettings.EventuallyAsync(() => page.EvaluateAsync<int>("() => changedIds.size"), heard => heard == runs);

    private static ListedRun Renamed(ListedRun run) => run with { Name = $"renamed {run.Id}" };
}
