using System.Net;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>A frontend's page in a real browser, which sends preflights and hides responses that it may not show.</summary>
[Trait("Needs", "Processes")]
public sealed class CrossOriginBrowserTests(TestBrowser browser)
{
    /// <summary>Script that sends a read with a token and returns the parts of the response that the page could see.</summary>
    private const string Read = """
        async ([address, token, ifNoneMatch]) => {
          const headers = { Authorization: `Bearer ${token}`, traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
          if (ifNoneMatch) headers["If-None-Match"] = ifNoneMatch;
          try {
            const response = await fetch(address, { headers, cache: "no-store" });
            const seen = {};
            for (const name of ["ETag", "Age", "Date", "Link", "Retry-After", "Cache-Status", "WWW-Authenticate", "Referrer-Policy"])
              if (response.headers.has(name)) seen[name] = response.headers.get(name);
            return { status: `${response.status}`, body: await response.text(), ...seen };
          } catch (error) {
            return { status: error.name };
          }
        }
        """;

    [Fact]
    public async Task A_page_of_an_allowed_origin_reads_pages_and_errors_with_their_headers()
    {
        await using var frontend = await EmptySite.StartAsync();
        await using var gateway = await StartGatewayAsync(frontend.Origin);
        await using var view = await browser.OpenAsync();
        await view.Page.GotoAsync(frontend.Origin);
        var token = gateway.Client.DefaultRequestHeaders.Authorization!.Parameter!;

        var page = await ReadAsync(view, gateway, "/api/task-runs", token);
        var unchanged = await ReadAsync(view, gateway, "/api/task-runs", token, page["ETag"]);
        var busy = await ReadAsync(view, gateway, "/api/task-runs?index=100", token);
        var refused = await ReadAsync(view, gateway, "/api/task-runs", "x");

        page["status"].ShouldBe("200");
        page["body"].ShouldContain("\"runs\":[{");
        page.Keys.ShouldBe(["status", "body", "ETag", "Age", "Date", "Link", "Cache-Status"], ignoreOrder: true);
        page["Link"].ShouldContain("rel=\"next\"");
        unchanged["status"].ShouldBe("304");
        busy["status"].ShouldBe("503");
        int.Parse(busy["Retry-After"]).ShouldBePositive();
        busy["body"].ShouldContain("/problems/upstream-busy");
        refused["status"].ShouldBe("401");
        refused["WWW-Authenticate"].ShouldStartWith("Bearer error=\"invalid_token\"");
    }

    [Fact]
    public async Task A_page_of_another_origin_reads_nothing()
    {
        await using var allowed = await EmptySite.StartAsync();
        await using var other = await EmptySite.StartAsync();
        await using var gateway = await StartGatewayAsync(allowed.Origin);
        await using var view = await browser.OpenAsync();
        await view.Page.GotoAsync(other.Origin);

        var read = await ReadAsync(view, gateway, "/api/task-runs", gateway.Client.DefaultRequestHeaders.Authorization!.Parameter!);

        read.ShouldHaveSingleItem().ShouldBe(new("status", "TypeError"));
        view.Complaints.ShouldContain(complaint => complaint.Contains("CORS policy"));
    }

    private static Task<Dictionary<string, string>> ReadAsync(
        BrowserPage view, GatewayHost gateway, string path, string token, string? ifNoneMatch = null) =>
        view.Page.EvaluateAsync<Dictionary<string, string>>(Read, new[] { new Uri(gateway.Address, path).AbsoluteUri, token, ifNoneMatch });

    private static async Task<GatewayHost> StartGatewayAsync(string allowedOrigin)
    {
        var gateway = await GatewayHost.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Auth:AllowedOrigins:0"] = allowedOrigin,
            ["Cache:WaitFor"] = "00:00:00",
        });
        await gateway.ReadUntilAsync(response => response.Status == HttpStatusCode.OK);
        return gateway;
    }
}
