using Microsoft.Playwright;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Console;

/// <summary>The pages of a browser after its session has ended.</summary>
[Trait("Needs", "Processes")]
public sealed class ConsoleSignOutTests(LiveConsole host) : IClassFixture<LiveConsole>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sign_out_in_one_tab_empties_the_other_and_the_pages_behind_the_back_button(bool otherHoldsTheStream)
    {
        const string Failed = "/console?status=failed";
        await using var view = await host.ListenAsync(otherHoldsTheStream ? "/console" : Failed);
        var another = await view.OpenAnotherAsync();
        await another.GotoAsync(host.At(otherHoldsTheStream ? Failed : "/console").AbsoluteUri);
        var (page, other) = otherHoldsTheStream ? (another, view.Page) : (view.Page, another);

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GetByText("You have signed out").WaitForAsync();

        await host.ChangeUntilAsync(run => run, ShouldShowNothingAsync(other));
        await page.GoBackAsync();
        await ShouldShowNothingAsync(page);
        page.Url.ShouldEndWith(Failed);
        (await view.StoredAsync()).ShouldBe("[{},{},\"\"]");
    }

    [Fact]
    public async Task A_stream_that_ends_with_the_session_does_not_keep_the_page_after_sign_out_away()
    {
        await using var view = await host.ListenAsync("/console");
        var another = await view.OpenAnotherAsync();
        await another.GotoAsync(host.At("/").AbsoluteUri);
        var sent = new TaskCompletionSource<IRoute>();
        await view.Page.RouteAsync("**/console/sign-out", route => sent.SetResult(route));
        var click = view.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync(); // waits for the next page
        var form = await sent.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);

        await another.EvaluateAsync( // as the tab that holds the stream does
            """() => new BroadcastChannel("nclue-gateway").postMessage({ type: "end", id: "", data: { reason: "session" } })""");
        await form.ContinueAsync();
        await click;

        await view.Page.GetByText("You have signed out").WaitForAsync();
        view.Page.Url.ShouldEndWith("/console/signed-out");
    }

    [Fact]
    public async Task A_page_that_comes_back_from_the_browsers_memory_is_emptied_and_read_again()
    {
        await using var view = await host.OpenAsync("/console");
        await view.Page.Context.ClearCookiesAsync(); // as after a sign-out that the page did not notice
        var isEmpty = await view.Page.EvaluateAsync<bool>(
            """
            () => {
              dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
              return document.body.childNodes.length === 0;
            }
            """);

        isEmpty.ShouldBeTrue();
        await ShouldShowNothingAsync(view.Page);
    }

    [Fact]
    public async Task A_form_of_another_site_signs_out_no_one_and_changes_no_language()
    {
        await using var view = await host.OpenAsync("/console");
        await using var stranger = await EmptySite.StartAsync();
        foreach (var path in new[] { "/console/sign-out", "/pages/language" })
        {
            await view.Page.GotoAsync(stranger.Origin);
            await view.Page.EvaluateAsync(
                """
                action => {
                  const form = Object.assign(document.createElement("form"), { method: "post", action });
                  form.append(Object.assign(document.createElement("input"), { name: "language", value: "ko" }));
                  document.body.append(form);
                  form.submit();
                }
                """,
                host.At(path).AbsoluteUri);
            await view.Page.GetByText("This form was not sent by a page of this gateway").WaitForAsync();
        }

        await view.Page.GotoAsync(host.At("/console").AbsoluteUri);
        await view.Page.Locator("#rows tr").First.WaitForAsync();
        (await view.Page.Locator("html").GetAttributeAsync("lang")).ShouldBe("en");
    }

    private static async Task ShouldShowNothingAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Heading, new() { Name = "Sign in to see the task runs" }).WaitForAsync();
        (await page.Locator("#rows, #counts, .who").CountAsync()).ShouldBe(0);
        (await page.ContentAsync()).ShouldNotContain("봄 세일");
    }
}
