using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace NclueGateway.Tests.Http;

/// <summary>Assertions for every page of plain HTML.</summary>
internal static class PlainHtml
{
    /// <summary>
    /// Checks the headers and that the page is well-formed, contains nothing that a strict policy blocks, and has one heading.
    /// </summary>
    public static async Task<XElement> ReadAsync(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
        response.Headers.CacheControl!.ToString().ShouldBe("public, max-age=3600");
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none';");
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);

        return Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Checks the page alone.</summary>
    public static XElement Parse(string html)
    {
        html.ShouldStartWith("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
        var xml = Regex.Replace(html.Replace("<!DOCTYPE html>", ""), "<meta [^>]*", "$0/", RegexOptions.NonBacktracking);
        var page = XDocument.Parse(xml).Root!;
        page.Descendants().Select(element => element.Name.LocalName).ShouldAllBe(name => name != "script" && name != "style");
        page.DescendantsAndSelf().Attributes().Select(attribute => attribute.Name.LocalName)
            .ShouldAllBe(name => name != "style" && !name.StartsWith("on"));
        page.Descendants("h1").ShouldHaveSingleItem();
        page.Descendants("title").Single().Value.ShouldEndWith(" – NclueGateway");
        return page;
    }

    public static IEnumerable<string> Links(XElement page) => page.Descendants("a").Select(link => link.Attribute("href")!.Value);
}
