using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using static NclueGateway.Tests.Console.ConsoleHosts;

namespace NclueGateway.Tests.Console;

/// <summary>The board at a wrong address: it names the mistakes and keeps the form.</summary>
public sealed class ConsoleMistakeTests(ConsoleSite site) : IClassFixture<ConsoleSite>
{
    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "q=" + new string('a', 101), "Search: at most 100 characters, with at least one word.", "검색어:" },
        { "q=%20", "Search:", "검색어:" },
        { "q=a&q=b", "Search:", "검색어:" },
        { "status=done", "Status: there is no such status.", "상태: 없는 상태입니다." },
        { "status=failed&status=Failed", "Status:", "상태:" },
        { "from=yesterday", "From: enter a day, such as 2026-11-28.", "시작일:" },
        { "from=2026-02-30", "From:", "시작일:" },
        { "from=2026-11-01T00:00:00Z", "From:", "시작일:" },
        { "from=0001-01-01", "From:", "시작일:" },
        { "to=9999-12-31", "To: enter a day", "종료일:" },
        { "to=2026-11-1", "To:", "종료일:" },
        { "sort=status", "Order: there is no such order.", "정렬:" },
        { "cursor=x", "Position: it does not belong to these filters.", "위치:" },
        { string.Join('&', Enumerable.Range(0, 21).Select(n => $"taskId={n}")), "Task: too many tasks.", "Task:" },
        { string.Join('&', Enumerable.Range(0, 21).Select(n => $"featureId={n}")), "Feature: too many features.", "Feature:" },
        { "model=" + new string('m', 5_000), "Model:", "모델:" },
        { "failureCode=NOTHING", "Failure: there is no such code.", "실패" },
        { "colour=red", "colour: there is no such filter.", "colour: 없는 필터입니다." },
        { "limit=10", "limit: there is no such filter.", "limit:" },
        { "%3Cb%3E=%3Ci%3E", "<b>: there is no such filter.", "<b>:" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_wrong_value_is_named_in_the_readers_language_beside_the_form_that_keeps_all_values(
        string query, string english, string korean)
    {
        var address = $"{Board}?{query}&taskId=churn&to=2026-11-05";

        var page = await site.Gateway.OpenAsync(address, HttpStatusCode.BadRequest);

        page.Texts("[role=alert] li").ShouldContain(mistake => mistake.StartsWith(english));
        page.All("#counts, #rows, figure").ShouldBeEmpty();
        page.All(".filters option[value=churn]").Single().HasAttribute("selected").ShouldBeTrue();
        page.Attribute(".filters .actions a", "href").ShouldBe("/console");
        var search = QueryHelpers.ParseQuery(query).TryGetValue("q", out var q) ? q[0]! : null;
        page.Attribute(".filters [name=q]", "value").ShouldBe(search);
        (await site.Gateway.OpenAsync(address, HttpStatusCode.BadRequest, ("Accept-Language", "ko"))).Texts("[role=alert] li")
            .ShouldContain(mistake => mistake.StartsWith(korean));
    }

    [Fact]
    public async Task All_mistakes_are_named_each_once()
    {

        var page = await site.Gateway.OpenAsync(
            $"{Board}?status=x&status=y&from=x&to=x&sort=x&x=1&x=2&q=fine", HttpStatusCode.BadRequest);

        page.Texts("[role=alert] li").Select(mistake => mistake.Split(':')[0])
            .ShouldBe(["x", "Status", "From", "To", "Order"], ignoreOrder: true);
    }
}
