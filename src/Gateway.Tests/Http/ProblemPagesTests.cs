using System.Net;
using NclueGateway.Http;
using NclueGateway.Http.Pages;
using NclueGateway.Tests.Access;

namespace NclueGateway.Tests.Http;

public sealed class ProblemPagesTests
{
    public static TheoryData<string> Slugs => [.. ProblemTypes.All.Select(problem => problem.Slug)];

    [Fact]
    public void Each_problem_has_a_status_and_a_slug_of_its_own_form()
    {
        ProblemTypes.All.Select(problem => problem.Slug).ShouldBeUnique();
        ProblemTypes.All.ShouldAllBe(problem => problem.Slug.Length > 0 && problem.Slug.All(c => char.IsAsciiLetterLower(c) || c == '-'));
        ProblemTypes.All.Select(problem => (problem.Status, problem.Slug)).ShouldBe(
        [
            (400, "invalid-request"), (400, "sign-in-failed"), (401, "unauthenticated"),
            (403, "forbidden"), (403, "csrf-header-missing"), (404, "not-found"), (405, "method-not-allowed"),
            (406, "not-acceptable"), (410, "cursor-expired"), (410, "changes-expired"), (412, "precondition-failed"),
            (429, "caller-quota"), (500, "internal-error"), (501, "list-too-large"),
            (502, "upstream-credentials"), (502, "upstream-malformed"), (502, "upstream-error"),
            (503, "upstream-busy"), (503, "upstream-quota"), (503, "list-incomplete"), (503, "streams-exhausted"),
            (503, "session-store-unavailable"), (503, "draining"),
            (504, "upstream-timeout"),
        ]);
    }

    [Theory]
    [MemberData(nameof(Slugs))]
    public async Task The_type_of_each_problem_leads_to_a_page_that_explains_it(string slug)
    {
        await using var host = await AccessHost.StartAsync();
        var problem = ProblemTypes.Find(slug)!;

        using var response = await host.SendAsync(HttpMethod.Get, problem.Path);

        var page = await PlainHtml.ReadAsync(response);
        var text = PlainHtml.TextOf(page);
        text.ShouldContain(problem.Title);
        text.ShouldContain(problem.Explanation);
        text.ShouldContain(problem.CallerAdvice);
        text.ShouldContain(problem.OperatorAdvice);
        text.ShouldContain($"status {problem.Status}");
        problem.OtherStatuses.ShouldAllBe(other => text.Contains($"{other.Status}: {other.Meaning}"));
    }

    [Fact]
    public async Task The_index_leads_to_every_page()
    {
        await using var host = await AccessHost.StartAsync();

        using var response = await host.SendAsync(HttpMethod.Get, "/problems");

        var page = await PlainHtml.ReadAsync(response);
        PlainHtml.Links(page).ShouldBe(ProblemTypes.All.Select(problem => problem.Path));
        var text = PlainHtml.TextOf(page);
        text.ShouldContain(ProblemTypes.Introduction);
        text.ShouldContain(ProblemTypes.BeforeAnyRequestIntroduction);
        ProblemTypes.BeforeAnyRequest.ShouldAllBe(refusal => text.Contains($"{refusal.Status}: {refusal.Meaning}"));
    }

    [Fact]
    public async Task Readers_of_Korean_get_every_page_in_Korean()
    {
        await using var host = await AccessHost.StartAsync();
        host.Client.DefaultRequestHeaders.Add("Accept-Language", "ko");

        foreach (var path in ProblemTypes.All.Select(problem => problem.Path).Prepend("/problems"))
        {
            using var response = await host.SendAsync(HttpMethod.Get, path);

            response.Content.Headers.ContentLanguage.ShouldBe(["ko"]);
            var page = await PlainHtml.ReadAsync(response);
            page.QuerySelectorAll("main [lang]").ShouldBeEmpty(path);
            var text = PlainHtml.TextOf(page);
            text.ShouldContain("오류");
            ProblemTranslations.English.Values.Where(english => text.Contains(english)).ShouldBeEmpty(path);
            if (path is "/problems" or "/problems/unauthenticated")
            {
                text.ShouldContain("로그인이 필요합니다");
            }
        }
    }

    [Fact]
    public async Task Links_stay_below_the_path_base()
    {
        await using var host = await AccessHost.StartAsync(pathBase: "/team&1");

        using var index = await host.SendAsync(HttpMethod.Get, "/team&1/problems/");
        using var page = await host.SendAsync(HttpMethod.Get, "/team&1/problems/not-found");

        var document = await PlainHtml.ReadAsync(index);
        PlainHtml.Links(document).ShouldAllBe(link => link.StartsWith("/team&1/problems/"));
        PlainHtml.AllAddresses(document).ShouldAllBe(address => address.StartsWith("/team&1/"));
        PlainHtml.Links(await PlainHtml.ReadAsync(page)).ShouldBe(["/team&1/problems"]);
    }

    [Theory]
    [InlineData("/problems/nothing")]
    [InlineData("/problems/NOT-FOUND")]
    [InlineData("/problems/%3Cscript%3E")]
    [InlineData("/problems/not-found/more")]
    public async Task A_page_that_does_not_exist_is_itself_a_problem(string path)
    {
        await using var host = await AccessHost.StartAsync();

        using var response = await host.SendAsync(HttpMethod.Get, path);

        (await response.ShouldBeProblemAsync(HttpProblems.NotFound)).ToJsonString().ShouldNotContain("script");
    }

    [Fact]
    public async Task HEAD_gives_the_headers_of_a_page_and_other_methods_give_nothing()
    {
        await using var host = await AccessHost.StartAsync();

        using var get = await host.SendAsync(HttpMethod.Get, "/problems/not-found");
        using var head = await host.SendAsync(HttpMethod.Head, "/problems/not-found");
        using var post = await host.SendAsync(HttpMethod.Post, "/problems/not-found");

        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        head.Headers.Vary.ShouldBe(get.Headers.Vary);
        head.Content.Headers.ContentType.ShouldBe(get.Content.Headers.ContentType);
        head.Content.Headers.NonValidated.Contains("Content-Length").ShouldBeFalse(); // a page is rendered while it is sent
        await post.ShouldBeProblemAsync(HttpProblems.MethodNotAllowed);
        post.Content.Headers.Allow.ShouldBe(["GET", "HEAD"], ignoreOrder: true);
    }
}
