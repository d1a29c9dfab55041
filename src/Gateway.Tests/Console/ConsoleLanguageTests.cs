using System.Net;
using NclueGateway.Tests.Http;

namespace NclueGateway.Tests.Console;

/// <summary>The language of pages: by the choice that a cookie keeps, or else by the browser's preference.</summary>
public sealed class ConsoleLanguageTests(ConsoleSite site) : IClassFixture<ConsoleSite>
{
    private const string Korean = "nclue-gateway-language=c%3Dko%7Cuic%3Dko";
    private const string English = "nclue-gateway-language=c%3Den%7Cuic%3Den";

    [Theory]
    [InlineData(null, null, "en")]
    [InlineData("ko", null, "ko")]
    [InlineData("ko-KR", null, "ko")]
    [InlineData("KO-kr", null, "ko")]
    [InlineData("en-GB", null, "en")]
    [InlineData("fr", null, "en")]
    [InlineData("fr, ko;q=0.5", null, "ko")]
    [InlineData("fr-CH, fr;q=0.9, de;q=0.8, it;q=0.7, ko;q=0.6, en;q=0.5", null, "ko")]
    [InlineData("en;q=0.5, ko;q=0.9", null, "ko")]
    [InlineData("ko;q=0.1, en;q=0.2", null, "en")]
    [InlineData("ko;q=0", null, "en")]
    [InlineData("*", null, "en")]
    [InlineData("", null, "en")]
    [InlineData("x y, ;;q=x, ko", null, "ko")]
    [InlineData("en", Korean, "ko")]
    [InlineData("ko", English, "en")]
    [InlineData("ko", "nclue-gateway-language=c%3Dfr%7Cuic%3Dfr", "ko")]
    [InlineData("ko", "language=nonsense", "ko")]
    [InlineData("ko", "language=", "ko")]
    [InlineData(null, "other=c%3Dko%7Cuic%3Dko", "en")]
    public async Task The_cookie_wins_over_the_preference_and_unknown_languages_are_English(
        string? preference, string? cookie, string language)
    {
        foreach (var path in new[] { "/", "/console", "/console/nothing", "/problems" })
        {
            using var response = await SendAsync(path, preference, cookie);

            var page = await PlainHtml.ReadAnyAsync(response); // Content-Language is that of the page
            page.DocumentElement.GetAttribute("lang").ShouldBe(language, path);
            page.QuerySelector(".skip")!.TextContent.ShouldBe(language == "ko" ? "본문으로 건너뛰기" : "Skip to the content");
            page.QuerySelector("form.languages [aria-current=true]")!.GetAttribute("value").ShouldBe(language);
        }
    }

    [Fact]
    public async Task What_may_be_cached_varies_by_both_and_the_names_of_languages_are_marked_as_theirs()
    {
        using var index = await SendAsync("/", "ko", null);
        using var problem = await SendAsync("/problems/not-found", "ko", null);

        index.Headers.Vary.ShouldBe(["Accept", "Accept-Language", "Cookie", "Origin"]);
        problem.Headers.Vary.ShouldBe(["Accept-Language", "Cookie", "Origin"]);
        var page = await PlainHtml.ReadAsync(problem);
        page.QuerySelector("h1")!.Closest("[lang]")!.GetAttribute("lang").ShouldBe("ko");
        page.QuerySelectorAll("form.languages button").Select(button => button.GetAttribute("lang")).ShouldBe(["en", "ko"]);
    }

    [Fact]
    public async Task Programs_get_English_whatever_the_browser_prefers()
    {
        foreach (var path in new[] { "/api/task-runs?limit=0", "/api/nothing", "/nowhere", "/problems/nothing" })
        {
            using var plain = await SendAsync(path, null, null);
            using var korean = await SendAsync(path, "ko", Korean);

            korean.Content.Headers.ContentLanguage.ShouldBeEmpty();
            (await TitleAsync(korean)).ShouldBe(await TitleAsync(plain));
        }

        static async Task<string> TitleAsync(HttpResponseMessage response)
        {
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return (string)System.Text.Json.Nodes.JsonNode.Parse(text)!["title"]!;
        }
    }

    [Theory]
    [InlineData("/session/callback?code=x&state=x", "로그인하지 못했습니다", "다른 브라우저에서 시작되었거나")]
    [InlineData("/session/login?returnUrl=//elsewhere", "요청이 올바르지 않습니다", "이 게이트웨이의 경로")]
    public async Task The_page_of_a_failed_sign_in_is_in_the_readers_language_too(string path, string title, string reason)
    {
        using var response = await SendAsync(path, "ko", null);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var page = await PlainHtml.ReadAnyAsync(response);
        page.QuerySelector("h1")!.TextContent.ShouldBe(title);
        page.QuerySelector("main a.button")!.TextContent.ShouldBe("다시 로그인");
        page.QuerySelector("main p")!.TextContent.ShouldContain(reason);
        page.QuerySelectorAll("main [lang]").ShouldBeEmpty(); // nothing is in another language
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string? preference, string? cookie)
    {
        using var client = site.Gateway.CreateAnonymousClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept", "text/html, */*;q=0.8");
        if (preference is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Language", preference).ShouldBeTrue();
        }

        if (cookie is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", cookie).ShouldBeTrue();
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
