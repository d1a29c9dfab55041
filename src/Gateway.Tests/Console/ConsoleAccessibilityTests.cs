using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Console;

/// <summary>All pages for people: axe's rules, small windows, enlarged text, and what a screen reader says.</summary>
[Trait("Needs", "Processes")]
public sealed partial class ConsoleAccessibilityTests(LiveConsole host, TestBrowser browser) : IClassFixture<LiveConsole>
{
    private static readonly string FailedRun = $"/console/runs/{ConsoleRuns.IdOf(ConsoleRuns.Failed)}";

    // Deque's own call opens another page for each result.
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>The rules whose result depends on colours and sizes.</summary>
    private const string RulesOfLook =
        """{ "runOnly": ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"] }""";

    private static readonly string[] SignedInPaths =
    [
        "/console", FailedRun, "/console/gateway", "/console/nothing", "/console?from=abc&nope=1", "/console?q=nothing", "/", "/problems",
        "/problems/forbidden",
    ];

    private static readonly string[] SignedOutPaths = ["/console", "/console/signed-out"];

    [Theory]
    [InlineData("en-US")]
    [InlineData("ko-KR")]
    public async Task Axe_finds_nothing_in_light_and_dark_and_nothing_overflows_in_a_small_window(string language)
    {
        List<string> violations = [];
        await ForEachPageAsync(new() { Locale = language }, async (page, path) =>
        {
            (await page.Locator("html").GetAttributeAsync("lang")).ShouldBe(language[..2], path);
            await page.EvaluateAsync(Axe);
            await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
            await AxeAsync(page, $"{path} light", "{}");
            await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
            await page.SetViewportSizeAsync(320, 640);
            violations.AddRange((await page.OverflowsAsync()).Select(part => $"{path} at 320 px: {part}"));
            await AxeAsync(page, $"{path} dark, at 320 px", RulesOfLook);
            await page.SetViewportSizeAsync(1280, 720);
        });

        violations.ShouldBeEmpty();

        async Task AxeAsync(IPage page, string state, string options)
        {
            var found = await page.EvaluateAsync<string[]>(
                """
                async (options) => {
                  const { passes, violations } = await axe.run(document, JSON.parse(options));
                  return [passes.length, ...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))].map(String);
                }
                """,
                options);
            int.Parse(found[0], CultureInfo.InvariantCulture).ShouldBeGreaterThan(options == RulesOfLook ? 0 : 10);
            violations.AddRange(found.Skip(1).Select(violation => $"{state}: {violation}"));
        }
    }

    [Theory]
    [InlineData("en-US")]
    [InlineData("ko-KR")]
    public async Task Nothing_overflows_at_a_zoom_of_200_percent(string language)
    {
        List<string> violations = [];
        BrowserNewContextOptions half = new()
        {
            Locale = language,
            ViewportSize = new() { Width = 640, Height = 400 },
            DeviceScaleFactor = 2,
        };
        await ForEachPageAsync(
            half, async (page, path) => violations.AddRange((await page.OverflowsAsync()).Select(part => $"{path}: {part}")));

        violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_screen_reader_says_the_head_of_the_board_and_a_run_in_both_languages()
    {
        var heard = new StringBuilder("What a screen reader says: ARIA snapshots of Chromium, written by ConsoleAccessibilityTests.\n");
        foreach (var language in new[] { "en-US", "ko-KR" })
        {
            await using var view = await host.OpenAsync("/console?status=failed", new() { Locale = language });
            await view.Page.Locator("#state").Expect().ToContainTextAsync(language == "en-US" ? "Live" : "실시간"); // the script has begun
            foreach (var part in new[] { "header", "#counts", ".filters", "#runs-head", ".runs table thead" })
            {
                await HearAsync(view.Page, part);
            }

            await view.Page.GotoAsync(host.At(FailedRun).AbsoluteUri);
            await HearAsync(view.Page, "main");
            await view.Page.GotoAsync(host.At("/console/runs/run-0").AbsoluteUri);
            await HearAsync(view.Page, "main");

            async Task HearAsync(IPage page, string part)
            {
                var said = await page.Locator(part).AriaSnapshotAsync();
                var same = Times().Replace(said, "TIME").Replace($"{host.Gateway.Address}", "GATEWAY/", StringComparison.Ordinal);
                heard.Append(CultureInfo.InvariantCulture, $"\n# {language} {new Uri(page.Url).PathAndQuery} {part}\n{same}\n");
            }
        }

        await CommittedDocument.ShouldBeCommittedAsync($"{heard}", "src/Gateway.Tests/Console/ConsoleHeard.txt");
    }

    // Times depend on the day of the test.
    [GeneratedRegex(@"\d{1,2} \w{3} \d{4}, \d\d:\d\d:\d\d|\d{4}\. \d{1,2}\. \d{1,2}\. \d\d:\d\d:\d\d|\d\d:\d\d:\d\d")]
    private static partial Regex Times();

    /// <summary>Opens all pages: signed in, without a session, without the permission, and after a failed sign-in.</summary>
    private async Task ForEachPageAsync(BrowserNewContextOptions options, Func<IPage, string, Task> check)
    {
        await using var signedIn = await host.OpenAsync("/console", options);
        await VisitAsync(signedIn.Page, SignedInPaths);
        await using var signedOut = await browser.OpenAsync(options);
        await VisitAsync(signedOut.Page, SignedOutPaths);

        var provider = host.Gateway.Issuer.SignIn;
        provider.Callback["error"] = "access_denied";
        await VisitAsync(signedOut.Page, ["/session/login?returnUrl=/console"]);
        provider.Callback.Clear();
        provider.Granted = asked => asked.Replace("task-runs:read", "", StringComparison.Ordinal);
        await VisitAsync(signedOut.Page, ["/session/login?returnUrl=/console?forbidden"]);
        provider.Granted = asked => asked;

        async Task VisitAsync(IPage page, string[] paths)
        {
            foreach (var path in paths)
            {
                await page.GotoAsync(host.At(path).AbsoluteUri);
                await page.Locator("main h1").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
                await check(page, path);
            }
        }
    }
}
