using NclueGateway.Tests.Http;
using NclueGateway.Tests.TaskRuns.Queries;
using static NclueGateway.Tests.Console.ConsoleHosts;

namespace NclueGateway.Tests.Console;

/// <summary>Names from outside in pages: markup and controls in them are text.</summary>
public sealed class ConsoleNamesTests
{
    private const string Image = "<img src=x onerror=alert(1)>";
    private const string Override = "\u202E"; // turns the direction of the text after it
    private const string Korean = "고객 이탈 예측 😀";

    private static readonly string[] Names =
    [
        Image, "</title><script>alert(1)</script>", "\"><svg onload=alert(1)>", "' onmouseover='alert(1)", "{{7*7}} ${7*7} &amp; &#x3C;b>",
        Korean, "--><b>", "]]>",
    ];

    [Fact]
    public async Task Markup_in_a_name_is_text_everywhere()
    {
        var runs = Names.Select((name, n) => new ListedRun($"{n}{name}")
        {
            Name = name,
            TaskId = "t" + name,
            TaskName = name,
            FeatureId = "f" + name,
            FeatureName = name,
            Model = new(name, null),
            Status = new("failed", "failed"),
            Failure = new(name, null),
        }).ToArray();
        await using var gateway = await QueryHosts.StartCompleteAsync(runs);

        var board = await gateway.OpenAsync($"{Board}?sort=createdAt"); // a valid page, without an inline script: PlainHtml checks that

        board.Rows.ShouldBe(runs.Select(run => run.Id), ignoreOrder: true);
        board.Texts("#rows th bdi").ShouldBe(Names, ignoreOrder: true);
        board.Texts("#rows td:nth-child(3)").ShouldBe(Names, ignoreOrder: true);
        board.Texts("#rows td.model").ShouldBe(Names, ignoreOrder: true);
        board.Texts("select[name=taskId] option").Skip(1).ShouldBe(Names.Select(name => name + " (1)"), ignoreOrder: true);
        board.Document.QuerySelectorAll("img, main script, svg[onload]").ShouldBeEmpty();
        foreach (var link in board.All("#rows th a").Select(link => link.GetAttribute("href")!))
        {
            var page = await gateway.OpenAsync(link);
            Names.ShouldContain(page.Text("h1"));
            page.Document.Title.ShouldBe($"{page.Text("h1")} – NclueGateway");
            page.Document.QuerySelectorAll("img, main script, main b").ShouldBeEmpty();
        }

        foreach (var link in board.All("#rows td a.filter").Select(link => link.GetAttribute("href")!).Distinct())
        {
            (await gateway.OpenAsync(link)).Rows.ShouldHaveSingleItem();
        }
    }

    [Theory]
    [InlineData("q")]
    [InlineData("taskId")]
    [InlineData("model")]
    [InlineData("colour")]
    public async Task Markup_in_an_address_is_text_in_the_form_and_in_the_mistake(string parameter)
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([new("a")]);

        var page = await gateway.OpenAnyAsync($"{Board}?{parameter}={Uri.EscapeDataString(Image)}&{Uri.EscapeDataString(Image)}=1");

        page.Texts("[role=alert] li").ShouldContain($"{Image}: there is no such filter.");
        page.Document.QuerySelectorAll("img").ShouldBeEmpty();
    }

    [Fact]
    public async Task Controls_of_direction_and_lines_are_shown_as_marks_in_a_name_and_kept_in_links()
    {
        var name = $"invoice{Override}fdp.exe\u0007\u2067\u200F";
        await using var gateway = await QueryHosts.StartCompleteAsync(
            [new("a" + Override) { Name = name, TaskId = "t" + Override, TaskName = "task" + Override }]);

        var board = await gateway.OpenAsync(Board);

        board.Text("#rows th bdi").Replace(" ", "").ShouldBe("invoiceU+202Efdp.exeU+0007U+2067U+200F");
        board.All("#rows th .mark").Select(mark => mark.TextContent).ShouldBe(["U+202E", "U+0007", "U+2067", "U+200F"]);
        board.Texts("select[name=taskId] option")[1].ShouldBe("taskU+202E (1)");
        var page = await gateway.OpenAsync(board.Attribute("#rows th a", "href")!);
        page.Document.Title.ShouldStartWith("invoiceU+202Efdp.exe");
        (await gateway.OpenAsync(board.Attribute("#rows td a.filter", "href")!)).Rows.ShouldBe(["a" + Override]);
        foreach (var html in new[] { board.Html, page.Html })
        {
            PlainHtml.Parse(html).Body!.TextContent.ShouldNotContain(Override);
        }
    }

    [Fact]
    public async Task Hangul_is_sent_as_it_is_which_is_a_third_of_its_escapes()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([new("a") { Name = Korean, TaskName = Korean }]);

        var board = await gateway.OpenAsync(Board, headers: ("Accept-Language", "ko"));

        board.Html.ShouldContain("고객 이탈 예측");
        board.Html.ShouldContain("실시간");
        board.Html.ShouldNotContain("&#xAC");
        (await gateway.OpenAsync("/console/runs/a")).Html.ShouldContain("\"name\": \"고객 이탈 예측".Replace("\"", "&quot;"));
    }

    [Fact]
    public async Task A_run_without_a_name_is_shown_by_its_id()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([new("run/1")]);

        (await gateway.OpenAsync(Board)).Text("#rows th").ShouldBe("run/1");
        (await gateway.OpenAsync("/console/runs/run%2F1")).Text("h1").ShouldBe("run/1");
    }
}
