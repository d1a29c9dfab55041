using Microsoft.Playwright;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Changes;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Console;

/// <summary>A gateway with the runs of <see cref="ConsoleRuns"/>, and browsers that are signed in to its console.</summary>
public sealed class LiveConsole(TestBrowser browser) : IAsyncLifetime
{
    private GatewayHost? _gateway;

    internal GatewayHost Gateway => _gateway!;

    /// <summary>The runs of the list, the newest first.</summary>
    internal List<ListedRun> Runs { get; private set; } = [];

    public async ValueTask InitializeAsync() => _gateway = await StartAsync(runs => Runs = runs);

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();

    /// <summary>Starts a gateway that has the whole list.</summary>
    internal static async Task<GatewayHost> StartAsync(
        Action<List<ListedRun>>? change = null, params (string Name, string Value)[] settings)
    {
        Assertions.SetDefaultExpectTimeout(20_000);
        var gateway = await SessionHost.StartAsync(settings);
        List<ListedRun> runs = [.. ConsoleRuns.Of(gateway.Clock.GetUtcNow())];
        change?.Invoke(runs);
        gateway.Nclue.Rows = [.. runs.Select(run => run.Row)];
        return await gateway.CompleteAsync();
    }

    internal Uri At(string path) => new(Gateway.Address, path);

    /// <summary>Opens a page of the console in a profile that is signed in.</summary>
    internal Task<BrowserPage> OpenAsync(string path, BrowserNewContextOptions? options = null) =>
        OpenAsync(browser, Gateway, path, options);

    /// <summary>Opens a page of the console in a profile that is signed in.</summary>
    internal static async Task<BrowserPage> OpenAsync(
        TestBrowser browser, GatewayHost gateway, string path, BrowserNewContextOptions? options = null)
    {
        var view = await browser.OpenAsync(options);
        await view.Page.Clock.InstallAsync();
        var address = new Uri(gateway.Address, "/session/login?returnUrl=" + Uri.EscapeDataString(path));
        await view.Page.GotoAsync(address.AbsoluteUri);
        return view;
    }

    /// <summary>Opens a page of the console that listens, in a browser whose pages are the only ones that do.</summary>
    internal async Task<BrowserPage> ListenAsync(string path)
    {
        await Gateway.UntilOpenAsync(0); // of the test before
        var view = await OpenAsync(path);
        await Gateway.UntilOpenAsync(1);
        return view;
    }

    /// <summary>Changes a run, or removes it, and adds others in front of the list; then lets time pass until a browser shows it.</summary>
    internal async Task ChangeUntilAsync(Func<ListedRun, ListedRun?> change, Task seen, params ListedRun[] added)
    {
        Runs = [.. added, .. Runs.Select(change).OfType<ListedRun>()];
        Gateway.Nclue.Rows = [.. Runs.Select(run => run.Row)];
        await Gateway.LetPassUntilSeenAsync(seen);
    }

    /// <summary>Returns a change of one run.</summary>
    internal static Func<ListedRun, ListedRun?> Of(int number, Func<ListedRun, ListedRun?> change) =>
        run => run.Id == ConsoleRuns.IdOf(number) ? change(run) : run;

    /// <summary>Returns a run that was created now.</summary>
    internal ListedRun NewRun(int number) => ConsoleRuns.Run(number, Gateway.Clock.GetUtcNow());
}

/// <summary>Parts of the console's pages.</summary>
internal static class ConsoleView
{
    public static ILocator Row(this IPage page, int number) => page.Locator($"#rows tr[data-key='{ConsoleRuns.IdOf(number)}']");

    public static ILocatorAssertions Expect(this ILocator part) => Assertions.Expect(part);

    /// <summary>Lets time pass until a page shows what it should.</summary>
    public static Task LetPassUntilSeenAsync(this GatewayHost gateway, Task seen) => gateway.LetPassUntilAsync(seen.ContinueWith(
        ended => ended.IsCompletedSuccessfully ? true : throw ended.Exception!.GetBaseException(), TaskScheduler.Default));

    /// <summary>Returns the ids of the rows, in their order.</summary>
    public static Task<string[]> KeysAsync(this IPage page) =>
        page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('#rows tr')].map(row => row.dataset.key)");

    /// <summary>Returns the requests by which the page's script has refreshed it.</summary>
    public static int Refreshes(this BrowserPage view) =>
        view.Requests.Count(request => request.Url.Contains("shown=", StringComparison.Ordinal));

    /// <summary>Hides or shows the page, as the choice of another tab does.</summary>
    public static Task SetHiddenAsync(this IPage page, bool isHidden) => page.EvaluateAsync(
        """
        isHidden => {
          Object.defineProperty(document, "hidden", { get: () => isHidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }
        """,
        isHidden);

    /// <summary>Saves a screenshot.</summary>
    public static Task ShootAsync(this IPage page, string name) =>
        page.ScreenshotAsync(new() { Path = TestArtifacts.PathOf($"console-{name}.png"), FullPage = true });

    /// <summary>Finds what reaches beyond the window's right edge, outside of parts that scroll by themselves.</summary>
    public static Task<string[]> OverflowsAsync(this IPage page) => page.EvaluateAsync<string[]>(
        """
        () => [...document.querySelectorAll("body *")]
          .filter(part => part.getBoundingClientRect().right > innerWidth + 1)
          .filter(part => !part.closest(".scroll > *, .hidden, .skip, svg"))
          .map(part => part.outerHTML.slice(0, 200))
          .concat(document.documentElement.scrollWidth > innerWidth ? ["the page"] : [])
        """);
}
