using Microsoft.Playwright;

namespace NclueGateway.Tests.Console;

/// <summary>Hostile names, and the content security policy, which the browser enforces.</summary>
[Trait("Needs", "Processes")]
public sealed class ConsoleSafetyTests(LiveConsole host) : IClassFixture<LiveConsole>
{
    private static readonly string[] Paths =
    [
        "/console", "/console?q=%3Cimg%20onerror%3Dalert(1)%3E&status=failed", "/console?from=abc&%3Cimg%20onerror%3Dalert(1)%3E=1",
        $"/console/runs/{ConsoleRuns.IdOf(ConsoleRuns.WithMarkup)}", $"/console/runs/{ConsoleRuns.IdOf(ConsoleRuns.WithDirection)}",
        $"/console/runs/{ConsoleRuns.IdOf(ConsoleRuns.Failed)}", "/console/runs/%3Cimg%20src=x%3E", "/console/gateway", "/",
        "/problems", "/console/signed-out",
    ];

    [Fact]
    public async Task Names_are_text_also_after_a_change_and_controls_of_direction_are_marks()
    {
        await using var view = await host.ListenAsync("/console");
        var page = view.Page;
        await page.Row(ConsoleRuns.WithMarkup).Locator("th a").Expect().ToHaveTextAsync(ConsoleRuns.Markup);
        await page.Row(ConsoleRuns.WithDirection).Locator("th a").Expect().ToHaveTextAsync("invoiceU+202Efdp.exe");
        await page.Row(ConsoleRuns.WithDirection).Locator("th a .mark").Expect().ToHaveTextAsync("U+202E");

        await host.ChangeUntilAsync(
            LiveConsole.Of(50, run => run with { Name = ConsoleRuns.Markup, TaskName = "\u2066<script>document.title = 'owned'</script>" }),
            page.Row(50).Locator("th a").Expect().ToHaveTextAsync(ConsoleRuns.Markup));

        await page.Row(50).Locator(".filter").First.Expect().ToHaveTextAsync("U+2066<script>document.title = 'owned'</script>");
        await page.Row(50).Locator("th a").ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Level = 1, Name = ConsoleRuns.Markup }).WaitForAsync();
        (await page.TitleAsync()).ShouldBe(ConsoleRuns.Markup + " – NclueGateway");
        (await page.ContentAsync()).ShouldNotContain("\u202E");
        view.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_page_breaks_the_policy_makes_an_element_of_a_name_or_asks_another_origin()
    {
        await using var view = await host.OpenAsync("/console");
        foreach (var path in Paths)
        {
            await view.Page.GotoAsync(host.At(path).AbsoluteUri);

            (await view.Page.Locator("img, [onerror], [onload], [style], style, script:not([src])").CountAsync()).ShouldBe(0, path);
            (await view.Page.TitleAsync()).ShouldNotBe("owned");
        }

        view.Complaints.ShouldAllBe(complaint =>
            complaint.Contains("400 (Bad Request)") || complaint.Contains("404 (Not Found)")
            || complaint.Contains("\"abc\" does not conform")); // the day in the wrong address
        view.Origins.ShouldBe([host.Gateway.Address.GetLeftPart(UriPartial.Authority), host.Gateway.Issuer.Address], ignoreOrder: true);
        (await view.StoredAsync()).ShouldBe("[{},{},\"\"]");
    }

    [Fact]
    public async Task The_browser_refuses_markup_scripts_and_styles_that_are_not_the_gateways()
    {
        await using var view = await host.OpenAsync("/console");

        var refused = await view.Page.EvaluateAsync<string[]>(
            """
            async () => {
              const refused = [];
              addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
              try { document.body.insertAdjacentHTML("beforeend", "<b>markup</b>"); } catch (error) { refused.push(error.name); }
              document.body.append(Object.assign(document.createElement("style"), { textContent: "body { color: red }" }));
              document.body.append(Object.assign(document.createElement("img"), { src: "https://elsewhere.example/" }));
              try { await fetch("https://elsewhere.example/"); } catch { /* as a violation */ }
              await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
              return refused;
            }
            """);

        refused.ShouldBe(["TypeError", "require-trusted-types-for", "style-src-elem", "img-src", "connect-src"], ignoreOrder: true);
    }
}
