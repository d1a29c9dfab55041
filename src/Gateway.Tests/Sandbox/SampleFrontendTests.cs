using Microsoft.Playwright;
using NclueGateway.Sandbox.Frontend;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Changes;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Sandbox;

/// <summary>The sample frontend in a real browser while the list changes.</summary>
[Trait("Needs", "Processes")]
public sealed class SampleFrontendTests(TestBrowser browser)
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_show_up_without_reading_the_list_again()
    {
        await using var started = await StartAsync();
        var (gateway, view) = started;

        await gateway.ChangeListAsync([Run(2), Run(1), Run(0)]);
        await UntilShownAsync(view, "run 2|run 1|run 0");

        await gateway.ChangeListAsync([Run(3), Run(1), Run(0)]);
        await UntilShownAsync(view, "run 3|run 1|run 0");

        gateway.Nclue.Rows = [Run(3).Row, (Run(1) with { Name = "renamed" }).Row, Run(0).Row];
        await gateway.LetPassUntilAsync(UntilShownAsync(view, "run 3|renamed|run 0"));

        ReadsOfTheList(view).ShouldBe(1);
        (await view.Page.Locator("#state").TextContentAsync()).ShouldNotBeNull().ShouldEndWith(", live");
        view.Complaints.ShouldAllBe(complaint => complaint.Contains("401")); // before the sign-in
    }

    [Fact]
    public async Task A_hidden_page_has_no_stream_and_goes_on_after_what_it_shows()
    {
        await using var started = await StartAsync();
        var (gateway, view) = started;

        await SetHiddenAsync(view, true);
        await gateway.UntilOpenAsync(0);
        await gateway.ChangeListAsync([Run(2), Run(1), Run(0)]);
        await SetHiddenAsync(view, false);

        await UntilShownAsync(view, "run 2|run 1|run 0");
        ReadsOfTheList(view).ShouldBe(1);
    }

    [Fact]
    public async Task After_a_reset_the_list_is_read_again()
    {
        await using var started = await StartAsync(("Snapshot:CursorsFor", "00:00:10"));
        var (gateway, view) = started;

        await SetHiddenAsync(view, true);
        await gateway.UntilOpenAsync(0);
        await gateway.ChangeListAsync([Run(2), Run(1), Run(0)]);
        gateway.Clock.Advance(TimeSpan.FromSeconds(11));
        await gateway.ChangeListAsync([Run(3), Run(1), Run(0)]);
        await SetHiddenAsync(view, false);

        await UntilShownAsync(view, "run 3|run 1|run 0");
        ReadsOfTheList(view).ShouldBe(2);
        await gateway.UntilOpenAsync(1);
        await gateway.ChangeListAsync([Run(4), Run(3), Run(1), Run(0)]);
        await UntilShownAsync(view, "run 4|run 3|run 1|run 0");
    }

    [Fact]
    public async Task Without_a_stream_it_polls_until_it_gets_one()
    {
        await using var started = await StartAsync(("Quota:Streams", "1"));
        var (gateway, view) = started;
        await SetHiddenAsync(view, true);
        await gateway.UntilOpenAsync(0);
        using var other = new CookieClient(gateway.Address);
        await other.SignInAsync();
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = gateway.Address };
        http.DefaultRequestHeaders.Add("Cookie", $"__Host-nclue-session={other.Session}");
        var stream = await EventReader.OpenAsync(http, "", ("Sec-Fetch-Site", "same-origin"));
        await stream.NextAsync("bookmark");

        await view.Page.RunAndWaitForRequestFinishedAsync(() => SetHiddenAsync(view, false), new() { Predicate = IsPoll });
        await gateway.ChangeListAsync([Run(2), Run(1), Run(0)]);
        await view.Page.Clock.FastForwardAsync(45_000);

        await UntilShownAsync(view, "run 2|run 1|run 0");
        ReadsOfTheList(view).ShouldBe(1);
        await stream.DisposeAsync();
        await gateway.UntilOpenAsync(0);
        await view.Page.Clock.FastForwardAsync(45_000);
        await gateway.UntilOpenAsync(1);
        await gateway.ChangeListAsync([Run(3), Run(2), Run(1), Run(0)]);
        await UntilShownAsync(view, "run 3|run 2|run 1|run 0");
    }

    [Fact]
    public async Task A_stream_that_is_silent_for_too_long_is_replaced()
    {
        await using var started = await StartAsync();
        var (gateway, view) = started;
        await view.Page.Locator("#state", new() { HasText = ", live" }).WaitForAsync(); // the first message has arrived

        await view.Page.Clock.FastForwardAsync(41_000);
        await gateway.UntilOpenAsync(0);
        await view.Page.Locator("#state:not(:has-text('live'))", new() { HasText = "As of " }).WaitForAsync(); // by a poll
        await view.Page.Clock.FastForwardAsync(45_000);

        await gateway.UntilOpenAsync(1);
        ReadsOfTheList(view).ShouldBe(1);
    }

    [Fact]
    public async Task When_the_session_ends_elsewhere_the_page_says_so()
    {
        await using var started = await StartAsync();
        var (gateway, view) = started;
        var other = await view.Page.Context.NewPageAsync();
        await other.GotoAsync(started.Frontend.Address.AbsoluteUri);
        await other.Locator("#sign-out").ClickAsync();
        await other.GetByText("Not signed in.").WaitForAsync();

        await gateway.LetPassUntilAsync(UntilShownAsync(view, ""));

        await view.Page.GetByText("Not signed in.").WaitForAsync();
        await gateway.UntilOpenAsync(0);
    }

    private static ListedRun Run(int number) => ChangeHosts.Run($"{number}") with
    {
        Name = $"run {number}",
        CreatedAt = ListedRun.At(Start.AddHours(number)),
    };

    private static int ReadsOfTheList(BrowserPage view) =>
        view.Requests.Count(request => request.Method == "GET" && request.Url.Contains("/api/task-runs?", StringComparison.Ordinal));

    private static bool IsPoll(IRequest request) =>
        request.Url.Contains("/changes", StringComparison.Ordinal) && request.ResourceType == "fetch";

    private static async Task<bool> UntilShownAsync(BrowserPage view, string names)
    {
        try
        {
            await view.Page.WaitForFunctionAsync(
                "names => [...document.querySelectorAll('#runs td:first-child')].map(cell => cell.textContent).join('|') === names", names);
            return true;
        }
        catch (TimeoutException missing)
        {
            throw new TimeoutException($"{view.Page.Url}: {await view.Page.Locator("body").InnerTextAsync()}", missing);
        }
    }

    private static async Task SetHiddenAsync(BrowserPage view, bool isHidden) => await view.Page.EvaluateAsync(
        """
        isHidden => {
          Object.defineProperty(document, "hidden", { get: () => isHidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }
        """,
        isHidden);

    /// <summary>Starts a gateway whose list has two runs, and a signed-in frontend that listens.</summary>
    private async Task<Started> StartAsync(params (string Name, string Value)[] settings)
    {
        var frontend = await SampleFrontend.StartAsync(0, Ct);
        var gateway = await SessionHost.StartAsync(
            [("Auth:AllowedOrigins:0", frontend.Address.GetLeftPart(UriPartial.Authority)), .. settings]);
        gateway.Nclue.Rows = [Run(1).Row, Run(0).Row];
        await gateway.CompleteAsync();
        frontend.Gateway = gateway.Address;
        var view = await browser.OpenAsync();
        await view.Page.Clock.InstallAsync();
        await view.Page.GotoAsync(frontend.Address.AbsoluteUri);
        await view.Page.Locator("#sign-in").ClickAsync();
        await gateway.LetDepartUntilAsync(UntilShownAsync(view, "run 1|run 0")); // a list that is too old waits for a newer one
        await gateway.UntilOpenAsync(1);
        return new(gateway, view, frontend);
    }

    private sealed record Started(GatewayHost Gateway, BrowserPage View, SampleFrontend Frontend) : IAsyncDisposable
    {
        public void Deconstruct(out GatewayHost gateway, out BrowserPage view) => (gateway, view) = (Gateway, View);

        public async ValueTask DisposeAsync()
        {
            await View.DisposeAsync();
            await Gateway.DisposeAsync();
            await Frontend.DisposeAsync();
        }
    }
}
