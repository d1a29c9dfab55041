using System.Text.Json.Nodes;
using Microsoft.Playwright;
using NclueGateway.Observability.Audit;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Changes;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Access;

/// <summary>An EventSource in a real browser, which sends the session cookie and cannot send X-CSRF.</summary>
[Trait("Needs", "Processes")]
public sealed class EventSourceBrowserTests(TestBrowser browser)
{
    [Fact]
    public async Task A_page_of_the_gateway_itself_listens_with_its_session()
    {
        await using var gateway = await StartAsync();
        await using var view = await browser.OpenAsync();
        var page = view.Page;
        await SignInAsync(page, gateway);

        // The gateway's own pages have a content security policy.
        await page.OpenEmptyAsync(gateway.Address.GetLeftPart(UriPartial.Authority));

        await page.ListenAsync("/api/task-runs/changes");
        await gateway.LetDepartUntilAsync(page.UntilEventAsync("bookmark"));
        await gateway.ChangeListAsync([ChangeHosts.Run("b"), ChangeHosts.Run("a")]);

        Told(await page.UntilEventAsync("changes")).ShouldBe("created b");
    }

    [Fact]
    public async Task A_page_of_an_allowed_origin_listens_and_goes_on_after_its_last_event()
    {
        await using var frontend = await EmptySite.StartAsync();
        await using var gateway = await StartAsync(frontend.Origin);
        await using var view = await browser.OpenAsync();
        var page = view.Page;
        await SignInAsync(page, gateway);
        await page.GotoAsync(frontend.Origin);
        var changes = new Uri(gateway.Address, "/api/task-runs/changes").AbsoluteUri;

        await page.ListenAsync(changes);
        await gateway.LetDepartUntilAsync(page.UntilEventAsync("bookmark"));
        await gateway.ChangeListAsync([ChangeHosts.Run("b"), ChangeHosts.Run("a")]);
        Told(await page.UntilEventAsync("changes")).ShouldBe("created b");
        var end = await gateway.LetPassUntilAsync(page.UntilEventAsync("end"));
        ((string)end["data"]!["reason"]!).ShouldBe("time");
        await gateway.ChangeListAsync([ChangeHosts.Run("c"), ChangeHosts.Run("b"), ChangeHosts.Run("a")]);

        // The browser opens the next stream by itself, with Last-Event-ID and without a preflight.
        await page.UntilEventAsync("cut");
        Told(await page.UntilEventAsync("changes")).ShouldBe("created c");
        var headers = await view.Requests.Last().AllHeadersAsync();
        headers["last-event-id"].ShouldBe((string)end["id"]!);
        headers["origin"].ShouldBe(frontend.Origin);

        // A script that sends the header itself needs the preflight's consent.
        var status = await page.EvaluateAsync<int>(
            """
            async ([address, id]) => {
              const headers = { "X-CSRF": "1", "Last-Event-ID": id, Accept: "text/event-stream" };
              const response = await fetch(address, { credentials: "include", headers });
              await response.body.cancel();
              return response.status;
            }
            """,
            new[] { changes, (string)end["id"]! });
        status.ShouldBe(200);
        view.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_page_of_any_other_origin_gets_403_and_sees_nothing()
    {
        await using var frontend = await EmptySite.StartAsync();
        await using var stranger = await EmptySite.StartAsync();
        await using var gateway = await StartAsync(frontend.Origin);
        await using var view = await browser.OpenAsync();
        var page = view.Page;
        await SignInAsync(page, gateway);
        await page.GotoAsync(stranger.Origin);

        await page.ListenAsync(new Uri(gateway.Address, "/api/task-runs/changes").AbsoluteUri);

        await page.UntilEventAsync("closed");
        (await page.EvaluateAsync<int>("seen.length")).ShouldBe(0);
        view.Complaints.ShouldContain(complaint => complaint.Contains("CORS policy"));
        gateway.Logs.GetSnapshot().Where(logged => logged.Category == AuditEvent.Category)
            .Select(logged => logged.StructuredState!.ToDictionary())
            .ShouldContain(audited => audited["Route"] == "/api/task-runs/changes"
                && audited["Outcome"] == "csrf-header-missing" && audited["Subject"] == "alice"); // the cookie was sent
    }

    private static async Task<GatewayHost> StartAsync(string allowedOrigin = "https://app.example.com")
    {
        var gateway = await SessionHost.StartAsync(("Auth:AllowedOrigins:0", allowedOrigin), ("Changes:StreamFor", "00:01:00"));
        gateway.Nclue.Rows = [ChangeHosts.Run("a").Row];
        return await gateway.CompleteAsync();
    }

    private static async Task SignInAsync(IPage page, GatewayHost gateway) =>
        await page.GotoAsync(new Uri(gateway.Address, "/session/login?returnUrl=/health/live").AbsoluteUri);

    private static string Told(JsonNode message) =>
        string.Join(", ", message["data"]!["changes"]!.AsArray().Select(change => $"{(string)change!["type"]!} {(string)change["id"]!}"));
}
