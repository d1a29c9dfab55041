using Microsoft.Playwright;
using NclueGateway.Client;
using NclueGateway.Sandbox;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Console;

/// <summary>Takes the picture of the READMEs: <c>docs/screenshot.sh</c> runs it and names its options.</summary>
[Trait("Needs", "Processes")]
public sealed class ConsolePicture(TestBrowser browser)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task The_console_of_the_sandbox_with_the_whole_list()
    {
        await using var sandbox = await SandboxHost.StartAsync(
            new() { GatewayPort = 0, NcluePort = 0, IdentityPort = 0, FrontendPort = 0 }, Token);
        await using var view = await browser.OpenAsync(new BrowserNewContextOptions
        {
            ViewportSize = new() { Width = 1_280, Height = 800 },
            Locale = Option("SCREENSHOT_LANGUAGE") is "ko" ? "ko-KR" : "en-US",
            ColorScheme = Option("SCREENSHOT_SCHEME") is "dark" ? ColorScheme.Dark : ColorScheme.Light,
            TimezoneId = "Asia/Seoul",
        });
        var address = Option("SCREENSHOT_PAGE") ?? "/console";
        var signIn = new Uri(sandbox.GatewayAddress, "/session/login?returnUrl=" + Uri.EscapeDataString(address));
        await view.Page.GotoAsync(signIn.AbsoluteUri);
        await view.Page.GetByText("Reader").ClickAsync();
        await view.Page.WaitForURLAsync(new Uri(sandbox.GatewayAddress, address).AbsoluteUri);
        await HaveWholeListAsync(sandbox);

        var page = await view.Page.ReloadAsync();

        page.ShouldNotBeNull().Status.ShouldBe(200);
        await view.Page.WaitForLoadStateAsync(LoadState.Load);
        await view.Page.ScreenshotAsync(new()
        {
            Path = Option("SCREENSHOT_FILE") ?? TestArtifacts.PathOf("console.png"),
            Animations = ScreenshotAnimations.Disabled,
        });
    }

    /// <summary>Waits until the gateway has read the whole list.</summary>
    private static async Task HaveWholeListAsync(SandboxHost sandbox)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = sandbox.GatewayAddress };
        http.DefaultRequestHeaders.Authorization = new("Bearer", await sandbox.Identity.GetServiceTokenAsync(Token));
        var client = new NclueGatewayClient(http) { MaxListWait = TimeSpan.FromMinutes(1) };
        await client.ListAsync(new TaskRunQuery { Limit = 1 }, Token);
    }

    private static string? Option(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
