using System.Net;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Console;

/// <summary>Gateways with a console, and visits to it. A caller with a token gets the same pages as a person with a session.</summary>
internal static class ConsoleHosts
{
    public const string Board = "/console";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Starts a gateway with browser sign-in that has the whole list of some runs.</summary>
    public static async Task<GatewayHost> StartWithSignInAsync(
        IReadOnlyCollection<ListedRun> runs, params (string Name, string Value)[] settings)
    {
        var gateway = await SessionHost.StartAsync(settings);
        gateway.Nclue.Rows = [.. runs.Select(run => run.Row)];
        return await gateway.CompleteAsync();
    }

    /// <summary>Opens a page as a caller with a token.</summary>
    public static async Task<ConsolePage> OpenAsync(
        this GatewayHost gateway, string address, HttpStatusCode status = HttpStatusCode.OK, params (string Name, string Value)[] headers)
    {
        var page = await gateway.OpenAnyAsync(address, headers);
        page.Status.ShouldBe(status, address + " " + page.MainText);
        return page;
    }

    /// <summary>Opens a page as a caller with a token. The response may have any status.</summary>
    public static async Task<ConsolePage> OpenAnyAsync(
        this GatewayHost gateway, string address, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        }

        using var response = await gateway.Client.SendAsync(request, Ct);
        return await ConsolePage.ReadAsync(response);
    }

    /// <summary>Opens a page as a browser does that follows a link of the gateway's own pages.</summary>
    public static async Task<ConsolePage> OpenAsync(this CookieClient browser, string address, params (string Name, string Value)[] headers)
    {
        using var response = await browser.SendAsync(HttpMethod.Get, address, csrf: null, request =>
        {
            foreach (var (name, value) in headers.DefaultIfEmpty(("Sec-Fetch-Mode", "navigate")))
            {
                request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
            }
        });
        return await ConsolePage.ReadAsync(response);
    }

    /// <summary>Sends a form as a browser does from one of the gateway's own pages.</summary>
    public static Task<HttpResponseMessage> SendFormAsync(
        this CookieClient browser, string address, string fields, params (string Name, string Value)[] headers) =>
        browser.SendAsync(HttpMethod.Post, address, csrf: null, request =>
        {
            request.Content = new StringContent(fields, null, "application/x-www-form-urlencoded");
            foreach (var (name, value) in headers.DefaultIfEmpty(("Sec-Fetch-Site", "same-origin")))
            {
                request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
            }
        });

    /// <summary>Follows the links to further pages of a result, from its first page to the end.</summary>
    public static async Task<List<ConsolePage>> FollowAsync(this GatewayHost gateway, string address)
    {
        List<ConsolePage> pages = [await gateway.OpenAsync(address)];
        while (pages[^1].Next is { } next)
        {
            pages.Count.ShouldBeLessThan(100, "The chain does not end.");
            pages.Add(await gateway.OpenAsync(next));
        }

        return pages;
    }
}
