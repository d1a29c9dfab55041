using Microsoft.Playwright;
using NclueGateway.Tests.Infrastructure;

[assembly: AssemblyFixture(typeof(TestBrowser))]

namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// The browser that tests share: Chromium of the system (Debian's package <c>chromium</c>), or the one that <c>TEST_BROWSER</c> names. The
/// first test that needs it starts it; each test gets a profile of its own.
/// </summary>
public sealed class TestBrowser : IAsyncLifetime
{
    private static readonly string[] Places =
    [
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ];

    private readonly Lazy<Task<(IPlaywright Driver, IBrowser Browser)>> _started = new(StartAsync);

    /// <summary>Opens a page in a profile without cookies, storage and cache; disposed with its records.</summary>
    internal async Task<BrowserPage> OpenAsync(BrowserNewContextOptions? options = null)
    {
        SlowTests.ShouldSayWhatTheyNeed();
        var (_, browser) = await _started.Value;
        return await BrowserPage.OpenAsync(await browser.NewContextAsync(options));
    }

    /// <summary>Opens a page in a browser of its own, in which a host is at another address and may have any certificate.</summary>
    internal async Task<BrowserPage> OpenAsync(string host, Uri address)
    {
        SlowTests.ShouldSayWhatTheyNeed();
        var (driver, _) = await _started.Value;
        var own = await LaunchAsync(driver, $"--host-resolver-rules=MAP {host} {address.Authority}");
        return await BrowserPage.OpenAsync(await own.NewContextAsync(new() { IgnoreHTTPSErrors = true }), own);
    }

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_started.IsValueCreated
            && await _started.Value.ContinueWith(
                t => t.IsCompletedSuccessfully ? t.Result.Browser : null, TaskScheduler.Default) is { } browser)
        {
            await browser.DisposeAsync();
            (await _started.Value).Driver.Dispose();
        }
    }

    private static async Task<(IPlaywright Driver, IBrowser Browser)> StartAsync()
    {
        var driver = await Playwright.CreateAsync();
        return (driver, await LaunchAsync(driver));
    }

    private static Task<IBrowser> LaunchAsync(IPlaywright driver, params string[] arguments)
    {
        var given = Environment.GetEnvironmentVariable("TEST_BROWSER");
        var executable = string.IsNullOrEmpty(given) ? Array.Find(Places, File.Exists) : given;
        return driver.Chromium.LaunchAsync(new()
        {
            ExecutablePath = executable
                ?? throw new FileNotFoundException("Chromium is missing: install it (Debian: apt-get install chromium)."),

            // Containers seldom allow the sandbox, and the tests load only their own pages.
            Args = ["--no-sandbox", "--disable-background-networking", .. arguments],
        });
    }
}
