using System.Text.RegularExpressions;
using Microsoft.Playwright;
using NclueGateway.Sandbox;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Console;

/// <summary>The way of a person from the sign-in to the help for a failure.</summary>
[Trait("Needs", "Processes")]
public sealed class ConsoleJourneyTests(LiveConsole host, TestBrowser browser) : IClassFixture<LiveConsole>
{
    [Fact]
    public async Task By_keyboard_only_a_person_signs_in_filters_opens_a_run_and_its_help_and_goes_back()
    {
        var options = new SandboxOptions { GatewayPort = 0, NcluePort = 0, IdentityPort = 0, FrontendPort = 0, Moving = false, Runs = 120 };
        await using var sandbox = await SandboxHost.StartAsync(options, TestContext.Current.CancellationToken);
        await WalkAsync(sandbox.GatewayAddress, page => ActivateAsync(page.GetByText("Reader")));
    }

    [Fact]
    public async Task The_same_way_leads_through_the_provider_of_another_project()
    {
        await using var started = await OtherProvider.StartAsync();
        await WalkAsync(started.Gateway, async page =>
        {
            await TabToAsync(page.GetByPlaceholder("Enter any login"));
            await page.Keyboard.TypeAsync("Bora");
            await TabToAsync(page.GetByPlaceholder("and password"));
            await page.Keyboard.TypeAsync("any");
            await ActivateAsync(page.GetByRole(AriaRole.Button, new() { Name = "Sign-in" }));
            await ActivateAsync(page.GetByRole(AriaRole.Button, new() { Name = "Continue" }));
            await page.Locator(".who").Expect().ToHaveTextAsync("Bora 김");
        });
    }

    [Fact]
    public async Task The_address_of_each_view_shows_the_same_in_a_second_browser()
    {
        await using var first = await host.OpenAsync("/console");
        await using var second = await host.OpenAsync("/console");
        var page = first.Page;
        await ShouldBeSharedAsync("");
        await page.Locator("#counts [data-key=completed]").ClickAsync();
        await ShouldBeSharedAsync("status=completed");
        await page.Locator(".col-duration a").ClickAsync();
        await ShouldBeSharedAsync("sort=");
        await page.Locator("[name=taskId]").SelectOptionAsync("task-1");
        await page.Locator("[name=from]").FillAsync("2020-01-01");
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await ShouldBeSharedAsync("taskId=task-1");
        await page.GetByRole(AriaRole.Link, new() { Name = "Clear filters" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Next" }).ClickAsync();
        await ShouldBeSharedAsync("cursor=");
        await page.Locator("#rows th a").First.ClickAsync();
        await ShouldBeSharedAsync("/console/runs/");
        await page.GetByRole(AriaRole.Link, new() { Name = "Gateway", Exact = true }).ClickAsync();
        await ShouldBeSharedAsync("/console/gateway");

        async Task ShouldBeSharedAsync(string part)
        {
            await page.WaitForURLAsync(address => address.Contains(part, StringComparison.Ordinal));
            await second.Page.GotoAsync(page.Url);
            (await TextAsync(second.Page)).ShouldBe(await TextAsync(page), page.Url);
            (await ValuesAsync(second.Page)).ShouldBe(await ValuesAsync(page), page.Url);
        }
    }

    [Fact]
    public async Task Without_script_every_filter_order_page_link_and_form_works()
    {
        await using var view = await browser.OpenAsync(new() { JavaScriptEnabled = false });
        var page = view.Page;
        await page.GotoAsync(host.At("/console").AbsoluteUri);
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await page.Locator("#rows tr").Expect().ToHaveCountAsync(50);

        await page.GetByRole(AriaRole.Link, new() { Name = "Next" }).ClickAsync();
        await page.Locator("#rows tr").Expect().ToHaveCountAsync(10);
        await page.GetByRole(AriaRole.Link, new() { Name = "Previous" }).ClickAsync();
        await page.Locator("#rows tr").Expect().ToHaveCountAsync(50);
        await page.Locator(".col-name a").ClickAsync();
        await page.Locator(".col-name").Expect().ToHaveAttributeAsync("aria-sort", "ascending");
        await page.Locator("#counts [data-key=failed]").ClickAsync();
        await page.Locator("#counts [data-key=failed]").Expect().ToHaveAttributeAsync("aria-current", "true");
        await page.Locator("[name=q]").FillAsync("봄");
        await page.Locator("[name=failureCode]").SelectOptionAsync("NOT_EXIST_FILE");
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        var rows = page.Locator("#rows tr");
        await rows.First.Expect().ToContainTextAsync("Missing file");
        (await rows.CountAsync()).ShouldBeInRange(1, 8);
        page.Url.ShouldContain("sort=name");

        await page.Locator("#rows .filter").First.ClickAsync();
        page.Url.ShouldContain("taskId=");
        await page.Locator("#activity svg a").First.ClickAsync();
        page.Url.ShouldContain("from=");
        await page.GotoAsync(host.At($"/console/runs/{ConsoleRuns.IdOf(ConsoleRuns.Failed)}").AbsoluteUri);

        await page.GetByRole(AriaRole.Button, new() { Name = "한국어" }).ClickAsync();
        await page.GetByText("해결 방법").WaitForAsync();
        page.Url.ShouldEndWith($"/console/runs/{ConsoleRuns.IdOf(ConsoleRuns.Failed)}");
        await page.GetByRole(AriaRole.Button, new() { Name = "English" }).ClickAsync();
        await page.GetByText("What to do").WaitForAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GetByText("You have signed out").WaitForAsync();
        page.Url.ShouldEndWith("/console/signed-out");
        var after = await page.GotoAsync(host.At("/console").AbsoluteUri);
        after!.Status.ShouldBe(401);
    }

    /// <summary>Walks from the sign-in to the help for a failure, and back.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="signIn">Signs in at the provider.</param>
    private async Task WalkAsync(Uri gateway, Func<IPage, Task> signIn)
    {
        await using var view = await browser.OpenAsync();
        var page = view.Page;
        await view.Page.Context.RouteAsync(
            address => address.StartsWith("https://", StringComparison.Ordinal),
            route => route.FulfillAsync(new() { ContentType = "text/html", Body = "<title>Guide</title><h1>Guide</h1>" }));
        var wanted = new Uri(gateway, "/console?status=failed").AbsoluteUri;

        // 1. Signed out: one button leads to the provider and then to the page that was wanted.
        var first = await page.GotoAsync(wanted);
        (first!.Status, page.Url).ShouldBe((401, wanted));
        await page.Locator("main a, main button").Expect().ToHaveCountAsync(1);
        await ActivateAsync(page.GetByRole(AriaRole.Link, new() { Name = "Sign in" }));
        await signIn(page);
        await page.WaitForURLAsync(wanted);
        await page.Locator("#state.live").WaitForAsync(new() { Timeout = 30_000 }); // the list is read, at one request per second

        // 2. Filter.
        var word = (await page.Locator("#rows th a").First.InnerTextAsync()).Split(' ')[0];
        await TabToAsync(page.Locator("[name=q]"));
        await page.Keyboard.TypeAsync(word);
        await ActivateAsync(page.GetByRole(AriaRole.Button, new() { Name = "Apply" }));
        await page.WaitForURLAsync(address => address.Contains("q=", StringComparison.Ordinal));
        var filtered = page.Url;
        filtered.ShouldContain("status=failed");
        await page.Locator("#rows .status").First.WaitForAsync();
        (await page.Locator("#rows .status").AllInnerTextsAsync()).Distinct().ShouldBe(["Failed"]);

        // 3. The run, and the help for its failure.
        var name = await page.Locator("#rows th a").First.InnerTextAsync();
        await ActivateAsync(page.Locator("#rows th a").First);
        await page.GetByRole(AriaRole.Heading, new() { Level = 1, Name = name }).WaitForAsync();
        (await page.Locator(".failure dt").AllInnerTextsAsync()).ShouldBe(["Cause", "What to do", "Who can do it", "NCLUE's message"]);
        (await page.Locator(".failure dd").AllInnerTextsAsync()).ShouldAllBe(text => text.Length > 3);
        var run = page.Url;
        await ActivateAsync(page.Locator(".failure a"));
        await page.GetByRole(AriaRole.Heading, new() { Name = "Guide", Exact = true }).WaitForAsync();

        // 4. Back to the run, and to the same filters.
        await page.GoBackAsync();
        page.Url.ShouldBe(run);
        await page.GoBackAsync();
        page.Url.ShouldBe(filtered);
        (await page.Locator("[name=q]").InputValueAsync()).ShouldBe(word);
        await ActivateAsync(page.GetByRole(AriaRole.Link, new() { Name = "Clear filters" }).First);
        await page.WaitForURLAsync(address => address.EndsWith("/console", StringComparison.Ordinal));
        view.Complaints.ShouldAllBe(complaint => complaint.Contains("401")); // before the sign-in
    }

    // Both browsers have streams, whose number is on the page of the gateway.
    private static async Task<string> TextAsync(IPage page) =>
        Regex.Replace(await page.Locator("main").InnerTextAsync(), @"(Streams of this replica\n)\d", "$1");

    private static Task<string[]> ValuesAsync(IPage page) => page.EvaluateAsync<string[]>(
        "() => [...document.querySelectorAll('input, select')].map(field => `${field.name}=${field.value}`)");

    /// <summary>Presses Enter on an element that the keyboard reaches.</summary>
    private static async Task ActivateAsync(ILocator part)
    {
        await TabToAsync(part);
        await part.Page.Keyboard.PressAsync("Enter");
    }

    /// <summary>Moves the focus by the keyboard until an element has it; each stop on the way shows that it has the focus.</summary>
    private static async Task TabToAsync(ILocator part)
    {
        await part.WaitForAsync();
        for (var stops = 0; stops < 300; stops++)
        {
            await part.Page.Keyboard.PressAsync("Tab");
            if (await part.EvaluateAsync<bool>("part => part === document.activeElement"))
            {
                (await part.EvaluateAsync<string>("part => getComputedStyle(part).outlineStyle")).ShouldNotBe("none");
                return;
            }
        }

        throw new InvalidOperationException($"The keyboard does not reach {part}.");
    }
}
