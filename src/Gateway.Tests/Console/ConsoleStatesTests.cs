using System.Text.RegularExpressions;
using Microsoft.Playwright;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Console;

/// <summary>The states of the board, each with its text and a picture.</summary>
[Trait("Needs", "Processes")]
public sealed class ConsoleStatesTests(TestBrowser browser)
{
    [Theory]
    [InlineData(true, "of 450 runs so far; counts and order are not final.", "building")]
    [InlineData(false, "runs so far; counts and order are not final.", "partial")]
    public async Task A_list_that_is_being_read_shows_its_progress_and_the_runs_so_far(bool hasTotal, string progress, string picture)
    {
        var total = hasTotal ? TotalCounts.Account : TotalCounts.Absent;
        await using var gateway = await GatewayHost.StartAsync(
            new() { Runs = 450, Frozen = true, TotalCounts = total }, SessionHost.Settings(), environment: "Development");
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(state => state.Roll.Count >= 100);
        await gateway.UntilNoneInFlightAsync();
        await using var view = await LiveConsole.OpenAsync(browser, gateway, "/console");
        var (page, runs) = (view.Page, gateway.Snapshot().State.Roll.Count);

        runs.ShouldBeInRange(100, 400);
        await page.Locator("#state").Expect().ToContainTextAsync("Reading");
        await page.Locator("#notices").Expect().ToContainTextAsync($"The list is being read for the first time. {runs} {progress}");
        (await page.Locator("progress").GetAttributeAsync("value")).ShouldBe(hasTotal ? $"{runs}" : null);
        await page.Locator("#rows tr").Expect().ToHaveCountAsync(50);
        await page.ShootAsync(picture);

        // The page goes on by itself.
        await gateway.LetPassUntilSeenAsync(page.Locator("#state.live").Expect().ToContainTextAsync("Live"));
        await page.Locator("#counts [data-key=all] .number").Expect().ToHaveTextAsync("450");
        await page.Locator("#notice").Expect().ToHaveTextAsync("");
    }

    [Fact]
    public async Task A_board_without_runs_says_why()
    {
        await using var gateway = await LiveConsole.StartAsync(runs => runs.Clear());
        await using var view = await LiveConsole.OpenAsync(browser, gateway, "/console");
        await view.Page.Locator(".empty").Expect().ToHaveTextAsync("NCLUE has no runs yet.");
        await view.Page.ShootAsync("empty");

        await view.Page.GotoAsync(new Uri(gateway.Address, "/console?q=nothing").AbsoluteUri);
        await view.Page.Locator(".empty").Expect().ToContainTextAsync("No run matches these filters. Clear filters");
        await view.Page.ShootAsync("filtered-to-empty");
        await view.Page.Locator(".empty").GetByRole(AriaRole.Link).ClickAsync();
        view.Page.Url.ShouldEndWith("/console");

        // Its first run shows up by itself.
        gateway.Nclue.Rows = [ConsoleRuns.Run(1, gateway.Clock.GetUtcNow()).Row];
        await gateway.LetPassUntilSeenAsync(view.Page.Row(1).Locator("th").Expect().ToHaveTextAsync("봄 세일 1"));
        await view.Page.Locator(".runs table thead").WaitForAsync();
    }

    [Fact]
    public async Task A_visitor_without_a_session_and_one_without_the_permission_learn_what_to_do()
    {
        await using var gateway = await LiveConsole.StartAsync();
        gateway.Issuer.SignIn.Granted = asked => asked.Replace("task-runs:read", "", StringComparison.Ordinal);
        await using var view = await browser.OpenAsync();
        var page = view.Page;

        (await page.GotoAsync(new Uri(gateway.Address, "/console?status=failed").AbsoluteUri))!.Status.ShouldBe(401);
        await page.Locator("main").Expect()
            .ToContainTextAsync("Sign in with your company account. You return to the page that you opened.");
        await page.ShootAsync("signed-out");

        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await page.Locator("main").Expect().ToContainTextAsync("Ask the person in your company who manages access to this gateway");
        page.Url.ShouldEndWith("/console?status=failed");
        (await page.Locator("#rows").CountAsync()).ShouldBe(0);
        await page.ShootAsync("forbidden");
    }

    [Fact]
    public async Task When_NCLUE_fails_or_is_late_the_page_says_how_old_it_is_and_goes_on_by_itself()
    {
        await using var gateway = await LiveConsole.StartAsync(settings: ("Cache:WaitFor", "00:00:00"));
        await using var view = await LiveConsole.OpenAsync(browser, gateway, "/console");
        var page = view.Page;
        await page.Locator("#state.live").Expect().ToContainTextAsync(AsOf("Live"));

        gateway.Nclue.Fault = new Fault { Status = 503 };
        await gateway.LetPassUntilSeenAsync(page.Locator("#state").Expect().ToContainTextAsync(AsOf("NCLUE unreachable")));
        await page.Locator("#notice").Expect().ToContainTextAsync("NCLUE cannot be reached. This is the last copy of the list");
        await page.Locator("#rows tr").Expect().ToHaveCountAsync(50);
        await page.ShootAsync("unreachable");

        gateway.Nclue.Fault = null;
        await gateway.LetPassUntilSeenAsync(page.Locator("#state.live").Expect().ToContainTextAsync("Live"));
        await page.Locator("#notice").Expect().ToHaveTextAsync("");

        gateway.Nclue.Delay = TimeSpan.FromHours(1);
        await gateway.UntilNoneInFlightAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(75));
        await page.ReloadAsync();
        await page.Locator("#state").Expect().ToContainTextAsync(AsOf("Stale"));
        await page.Locator("#notice").Expect().ToContainTextAsync("The list is older than it should be.");
        await page.Locator("#rows tr").Expect().ToHaveCountAsync(50);
        await page.ShootAsync("stale");
    }

    [Fact]
    public async Task A_wrong_address_and_a_position_that_is_no_longer_kept_are_explained()
    {
        await using var gateway = await LiveConsole.StartAsync(settings: ("Snapshot:CursorsFor", "00:00:10"));
        await using var view = await LiveConsole.OpenAsync(browser, gateway, "/console");
        var page = view.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Next" }).ClickAsync();
        await page.WaitForURLAsync(address => address.Contains("cursor=", StringComparison.Ordinal));
        foreach (var number in new[] { 200, 201 })
        {
            gateway.Nclue.Rows = [ConsoleRuns.Run(number, gateway.Clock.GetUtcNow()).Row, .. gateway.Nclue.Rows!];
            await gateway.LetDepartUntilAsync(state => state.Roll.Count == gateway.Nclue.Rows.Count);
            gateway.Clock.Advance(TimeSpan.FromSeconds(11)); // a version is kept for as long after it was replaced
        }

        await page.ReloadAsync();
        await page.Locator("main").Expect().ToContainTextAsync("That page has expired. This is the first page of the current list.");
        await page.Row(201).WaitForAsync();
        await page.ShootAsync("position-expired");

        var wrong = await page.GotoAsync(new Uri(gateway.Address, "/console?from=abc&status=x&nope=1").AbsoluteUri);
        wrong!.Status.ShouldBe(400);
        (await page.GetByRole(AriaRole.Alert).Locator("li").AllInnerTextsAsync()).ShouldBe(
            [
                "nope: there is no such filter.", "From: enter a day, such as 2026-11-28.", "Status: there is no such status.",
            ],
            ignoreOrder: true);
        await page.Locator("[name=q]").WaitForAsync();
        await page.ShootAsync("mistake");
    }

    private static Regex AsOf(string state) => new($@"{state}\s*as of\s*\d\d:\d\d:\d\d");
}
