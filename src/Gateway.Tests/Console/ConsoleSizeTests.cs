using System.Text;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;
using static NclueGateway.Tests.Console.ConsoleHosts;

namespace NclueGateway.Tests.Console;

/// <summary>The weight of pages, as the design limits it. A page has no other files than these.</summary>
public sealed class ConsoleSizeTests
{
    [Fact]
    public async Task A_page_without_data_has_at_most_60_kB_with_its_stylesheet_and_script_and_nothing_else()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([]);
        var page = await gateway.OpenAsync(Board);
        var style = await FileAsync(page.Attribute("link[rel=stylesheet]", "href")!, "text/css");
        var script = await FileAsync(page.Attribute("script", "src")!, "text/javascript");

        (Encoding.UTF8.GetByteCount(page.Html) + style.Length + script.Length).ShouldBeLessThanOrEqualTo(60_000);
        style.Length.ShouldBeLessThanOrEqualTo(12_000);
        Encoding.UTF8.GetString(script).Split('\n').Length.ShouldBeLessThanOrEqualTo(201); // 200 lines
        page.All("[src]").Count().ShouldBe(1);
        page.All("link:not([rel=stylesheet])").Select(link => link.GetAttribute("href")).ShouldAllBe(href => href!.StartsWith("data:"));

        async Task<byte[]> FileAsync(string address, string type)
        {
            using var response = await gateway.Client.GetAsync(address, TestContext.Current.CancellationToken);
            response.Content.Headers.ContentType!.ToString().ShouldBe(type + "; charset=utf-8");
            response.Headers.CacheControl!.ToString().ShouldBe("public, max-age=31536000, immutable");
            return await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task The_board_of_a_long_list_is_hardly_longer_than_that_of_a_short_one()
    {
        await using var small = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 });
        await using var large = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 2_000 });

        var (few, many) = (await LengthAsync(small), await LengthAsync(large));

        few.ShouldBeLessThanOrEqualTo(80_000); // 50 rows, 30 bars and their tables
        (many - few).ShouldBeLessThanOrEqualTo(5_000); // longer numbers, and more tasks to choose from

        static async Task<int> LengthAsync(GatewayHost gateway) => Encoding.UTF8.GetByteCount((await gateway.OpenAsync(Board)).Html);
    }

    [Fact]
    public async Task A_file_is_kept_by_its_hash_and_asked_for_anew_without_it()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([]);
        foreach (var path in new[] { "/pages/page.css", "/pages/console.js" })
        {
            foreach (var query in new[] { "", "?v=wrong" })
            {
                using var response = await gateway.Client.GetAsync(path + query, TestContext.Current.CancellationToken);
                response.Headers.CacheControl!.ToString().ShouldBe("no-cache");
                using var again = new HttpRequestMessage(HttpMethod.Get, path + query);
                again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
                using var same = await gateway.Client.SendAsync(again, TestContext.Current.CancellationToken);
                same.StatusCode.ShouldBe(System.Net.HttpStatusCode.NotModified);
            }
        }
    }
}
