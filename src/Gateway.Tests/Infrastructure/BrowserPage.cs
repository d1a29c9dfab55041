using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>A page in a real browser, with its requests, console and storage.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly IBrowser? _browser;
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentQueue<IRequest> _requests = new();

    private BrowserPage(IBrowserContext context, IPage page, IBrowser? browser)
    {
        (_context, _browser) = (context, browser);
        Page = Listen(page);
        context.Request += (_, request) => _requests.Enqueue(request);
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings in the console, violations of the content security policy among them.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>Requests so far, with and without a response.</summary>
    public IReadOnlyCollection<IRequest> Requests => _requests;

    /// <summary>Origins of the requests (pictures inside the page are not requests).</summary>
    public IEnumerable<string> Origins => _requests.Select(request => new Uri(request.Url))
        .Where(uri => uri.Scheme is not ("data" or "blob"))
        .Select(uri => uri.GetLeftPart(UriPartial.Authority)).Distinct();

    /// <param name="context">A browser context of its own; disposed with the page.</param>
    /// <param name="browser">A browser of its own, if it has one; disposed with the page.</param>
    public static async Task<BrowserPage> OpenAsync(IBrowserContext context, IBrowser? browser = null)
    {
        context.SetDefaultTimeout(20_000);
        return new(context, await context.NewPageAsync(), browser);
    }

    /// <summary>Opens another page in the same profile. Its requests and console are recorded too.</summary>
    public async Task<IPage> OpenAnotherAsync() => Listen(await _context.NewPageAsync());

    /// <summary>Returns the page's persistent storage and cookies, as JSON.</summary>
    public Task<string> StoredAsync() =>
        Page.EvaluateAsync<string>("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])");

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private IPage Listen(IPage page)
    {
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Enqueue(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Enqueue(error);
        return page;
    }
}
