using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>An EventSource of a page in a real browser.</summary>
internal static class BrowserEvents
{
    /// <summary>Opens an EventSource with the session cookie.</summary>
    public static Task ListenAsync(this IPage page, string address) => page.EvaluateAsync(
        """
        address => {
          window.seen = [];
          window.source = new EventSource(address, { withCredentials: true });
          for (const name of ["changes", "bookmark", "reset", "progress", "end"])
            source.addEventListener(name, event => seen.push({ name, id: event.lastEventId, data: JSON.parse(event.data) }));
          source.onerror = () => seen.push({ name: source.readyState === EventSource.CLOSED ? "closed" : "cut" });
        }
        """,
        address);

    /// <summary>
    /// Waits for an event, and discards it and those before it. The browser's own are "cut", after which it connects again, and "closed".
    /// </summary>
    public static async Task<JsonNode> UntilEventAsync(this IPage page, string name)
    {
        await page.WaitForFunctionAsync("name => seen.some(event => event.name === name)", name);
        return JsonNode.Parse(await page.EvaluateAsync<string>(
            "name => JSON.stringify(seen.splice(0, seen.findIndex(event => event.name === name) + 1).at(-1))", name))!;
    }

    /// <summary>Opens an empty page of an origin, without a content security policy.</summary>
    public static async Task OpenEmptyAsync(this IPage page, string origin)
    {
        var address = $"{origin}/page";
        await page.RouteAsync(address, route => route.FulfillAsync(new() { ContentType = "text/html", Body = "<title>Page</title>" }));
        await page.GotoAsync(address);
    }
}
