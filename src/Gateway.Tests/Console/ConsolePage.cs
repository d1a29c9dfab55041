using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using NclueGateway.Tests.Http;

namespace NclueGateway.Tests.Console;

/// <summary>A page of the console as a browser gets it. No page of the console may be kept.</summary>
internal sealed record ConsolePage(
    HttpStatusCode Status, IHtmlDocument Document, string Html, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The ids of the runs in the table, in its order.</summary>
    public string[] Rows => [.. All("#rows > tr").Select(row => row.GetAttribute("data-key")!)];

    /// <summary>The counts by status, with <c>all</c> for that of all runs.</summary>
    public Dictionary<string, int> Counts => All("#counts > a").ToDictionary(
        count => count.GetAttribute("data-key")!, count => int.Parse(count.QuerySelector(".number")!.TextContent.Replace(",", "")));

    /// <summary>The text of the main part.</summary>
    public string MainText => PlainHtml.TextOf(Document);

    /// <summary>The pages before and after, if there are any.</summary>
    public string? Previous => Document.QuerySelector("a[rel=prev]")?.GetAttribute("href");

    public string? Next => Document.QuerySelector("a[rel=next]")?.GetAttribute("href");

    public static async Task<ConsolePage> ReadAsync(HttpResponseMessage response)
    {
        response.Headers.CacheControl!.ToString().ShouldBe("no-store");
        var document = await PlainHtml.ReadAnyAsync(response);
        return new(
            response.StatusCode,
            document,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Headers.Concat(response.Content.Headers)
                .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    public IEnumerable<IElement> All(string selector) => Document.QuerySelectorAll(selector);

    /// <summary>Returns the only element with a selector.</summary>
    public IElement One(string selector) => All(selector).ShouldHaveSingleItem(selector);

    /// <summary>Returns the text of the only element with a selector.</summary>
    public string Text(string selector) => PlainHtml.TextOf(One(selector));

    /// <summary>Returns the text of each element with a selector.</summary>
    public string[] Texts(string selector) => [.. All(selector).Select(PlainHtml.TextOf)];

    /// <summary>Returns an attribute of the only element with a selector.</summary>
    public string? Attribute(string selector, string name) => One(selector).GetAttribute(name);

    /// <summary>Returns the text of the description with a term.</summary>
    public string Field(string term) => PlainHtml.TextOf(
        All("dt").Single(element => PlainHtml.TextOf(element) == term).NextElementSibling!);
}
