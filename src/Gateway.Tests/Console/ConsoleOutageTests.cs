using NclueGateway.Budget;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;

namespace NclueGateway.Tests.Console;

/// <summary>A crash of the gateway's program as an open page shows it. Sessions and the list are in a real Redis meanwhile.</summary>
[Trait("Needs", "Processes")]
public sealed class ConsoleOutageTests(TestBrowser browser)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_gateway_is_away_the_page_says_so_keeps_its_rows_and_goes_on_by_itself()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        await using var nclue = await SimulatedNclue.StartAsync(new() { Keys = { ["AK"] = "SK" }, Strict = false }, Ct);
        var now = TimeProvider.System.GetUtcNow();
        nclue.Rows = [.. ConsoleRuns.Of(now).Select(run => run.Row)];
        var settings = GatewayProgram.Good(issuer);
        settings["ASPNETCORE_ENVIRONMENT"] = "Development"; // sessions at a public address without https
        settings["Nclue__BaseAddress"] = nclue.BaseAddress.AbsoluteUri;
        settings["Nclue__SecretKey"] = "SK";
        settings["ConnectionStrings__Redis"] = redis.Address;
        settings["Auth__Session__ClientId"] = TestSignIn.ClientId;
        settings["Auth__Session__ClientSecret"] = TestSignIn.ClientSecret;
        settings["Auth__Session__DataProtectionCertificate"] = Browsers.CreateCertificate(now.AddDays(1));

        await using var view = await browser.OpenAsync();
        var (page, state) = (view.Page, view.Page.Locator("#state"));
        await page.Clock.InstallAsync();
        string[] order;
        await using (var first = await GatewayRun.StartAsync(settings))
        {
            await page.GotoAsync(new Uri(first.Address, "/session/login?returnUrl=/console").AbsoluteUri);
            await page.Row(ConsoleRuns.Failed).WaitForAsync(new() { Timeout = 60_000 }); // by itself, when the list is read
            await state.Expect().ToContainTextAsync("Live");
            order = await page.KeysAsync();
            settings["ASPNETCORE_URLS"] = first.Address.AbsoluteUri;
        }

        await page.Clock.FastForwardAsync(41_000); // longer than a stream is silent
        await state.Expect().ToContainTextAsync("Gateway unreachable");
        (await page.KeysAsync()).ShouldBe(order);
        await page.ShootAsync("gateway-unreachable");

        await using var second = await GatewayRun.StartAsync(settings);
        await page.Clock.FastForwardAsync(6_000);
        await state.Expect().ToContainTextAsync("Live");
        nclue.Rows = [ConsoleRuns.Run(300, TimeProvider.System.GetUtcNow()).Row, .. nclue.Rows];
        await page.Locator(".pill").Expect().ToHaveTextAsync("1 new");
        (await page.KeysAsync()).ShouldBe(order);
        view.Requests.Count(request => request.IsNavigationRequest && new Uri(request.Url).AbsolutePath == "/console").ShouldBe(1);
    }
}
