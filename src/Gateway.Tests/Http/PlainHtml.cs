using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using NclueGateway.Http.Pages;

namespace NclueGateway.Tests.Http;

/// <summary>Assertions for every page.</summary>
internal static class PlainHtml
{
    /// <summary>Checks the headers of a page that is the same for all visitors, and the page.</summary>
    public static async Task<IHtmlDocument> ReadAsync(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.CacheControl!.ToString().ShouldBe("public, max-age=3600");
        new[] { "Accept-Language", "Cookie" }.ShouldBeSubsetOf(response.Headers.Vary);
        return await ReadAnyAsync(response);
    }

    /// <summary>Checks the headers of a page with any status and caching, and the page.</summary>
    public static async Task<IHtmlDocument> ReadAnyAsync(HttpResponseMessage response)
    {
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
        response.Headers.GetValues("Content-Security-Policy").ShouldBe([PagesExtensions.Policy]);
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.Contains("blazor-enhanced-nav").ShouldBeFalse();

        var page = Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        response.Content.Headers.ContentLanguage.ShouldBe([page.DocumentElement.GetAttribute("lang")!]);
        return page;
    }

    /// <summary>Checks that a page is valid, has one heading, and nothing that its policy blocks.</summary>
    public static IHtmlDocument Parse(string html)
    {
        html.ShouldStartWith("<!DOCTYPE html>\n<html lang=\"");
        var page = new HtmlParser(new HtmlParserOptions { IsStrictMode = true }).ParseDocument(html);
        page.QuerySelectorAll("style, script:not([src]), iframe, object, embed, base").ShouldBeEmpty();
        page.All.SelectMany(element => element.Attributes).Select(attribute => attribute.Name)
            .ShouldAllBe(name => name != "style" && !name.StartsWith("on"));
        Addresses(page, "script", "src").Concat(Addresses(page, "link[rel=stylesheet]", "href")).Concat(Addresses(page, "form", "action"))
            .ShouldAllBe(address => address.StartsWith('/') && !address.StartsWith("//"));
        page.QuerySelectorAll("h1").Length.ShouldBe(1);
        page.QuerySelectorAll("main").Length.ShouldBe(1);
        page.Title!.ShouldEndWith(" – NclueGateway");
        page.QuerySelectorAll("[id]").Select(element => element.Id).ShouldBeUnique();
        return page;
    }

    /// <summary>The links of the main part.</summary>
    public static IEnumerable<string> Links(IHtmlDocument page) => Addresses(page, "main a", "href");

    /// <summary>All addresses of the gateway in a page: those of links, forms, the stylesheet and scripts.</summary>
    public static IEnumerable<string> AllAddresses(IHtmlDocument page) =>
    [
        .. Addresses(page, "a, link[rel=stylesheet]", "href").Where(address => !address.StartsWith('#')),
        .. Addresses(page, "form", "action"), .. Addresses(page, "script", "src"),
    ];

    /// <summary>The text of the main part, with single spaces.</summary>
    public static string TextOf(IHtmlDocument page) => TextOf(page.QuerySelector("main")!);

    /// <summary>The text of an element, with single spaces.</summary>
    public static string TextOf(INode element) => string.Join(
        ' ', element.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static IEnumerable<string> Addresses(IHtmlDocument page, string selector, string attribute) =>
        page.QuerySelectorAll(selector).Select(element => element.GetAttribute(attribute)!);
}
