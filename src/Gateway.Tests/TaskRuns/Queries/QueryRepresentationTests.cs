using System.IO.Compression;
using System.Net;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>HEAD, conditional requests and content codings of queries.</summary>
public sealed class QueryRepresentationTests
{
    private const string Query = "/api/task-runs?status=completed&limit=50";
    private const string Summary = "/api/task-runs/summary?per=day";

    [Fact]
    public async Task HEAD_has_the_headers_of_GET()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 }, ("Nclue:HelpLanguage", "En"));
        foreach (var address in new[] { Query, Summary, await RunAsync(gateway) })
        {
            var (get, head) = (await gateway.AskAsync(address), await gateway.AskAsync(HttpMethod.Head, address));

            head.Status.ShouldBe(HttpStatusCode.OK, address);
            head.Text.ShouldBeEmpty();
            head.Headers.Keys.ShouldBe(get.Headers.Keys, ignoreOrder: true, address);
            foreach (var name in get.Headers.Keys.Except(["Date", "RateLimit"]))
            {
                head.Headers[name].ShouldBe(get.Headers[name], name);
            }
        }
    }

    [Fact]
    public async Task A_copy_that_is_current_is_304_with_the_same_links()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 });
        foreach (var address in new[] { Query, Summary, await RunAsync(gateway) })
        {
            var page = await gateway.AskAsync(address);

            var same = await gateway.AskAsync(address, ("If-None-Match", $"\"other\", {page.Headers["ETag"]}"));
            var other = await gateway.AskAsync(address, ("If-None-Match", "\"other\""));
            var failed = await gateway.AskAsync(address, ("If-Match", "\"other\""));

            same.Status.ShouldBe(HttpStatusCode.NotModified, address);
            same.Text.ShouldBeEmpty();
            same.Headers["Link"].ShouldBe(page.Headers["Link"]);
            (other.Status, other.Text).ShouldBe((HttpStatusCode.OK, page.Text));
            failed.Status.ShouldBe(HttpStatusCode.PreconditionFailed);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task A_repeated_query_is_sent_in_the_coding_that_the_client_prefers(string coding)
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 });
        var plain = await gateway.AskAsync(Query);
        await gateway.AskAsync(Query, ("Accept-Encoding", coding)); // a second read compresses

        using var request = new HttpRequestMessage(HttpMethod.Get, Query);
        request.Headers.Add("Accept-Encoding", coding);
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        response.Content.Headers.ContentEncoding.ShouldBe([coding]);
        await using var packed = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await using Stream stream = coding == "br"
            ? new BrotliStream(packed, CompressionMode.Decompress)
            : new GZipStream(packed, CompressionMode.Decompress);
        using var text = new StreamReader(stream);
        (await text.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe(plain.Text);
        response.Headers.ETag!.Tag.ShouldBe($"{plain.Headers["ETag"][..^1]}-{coding}\"");
    }

    [Fact]
    public async Task A_client_that_does_not_accept_JSON_gets_406()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 });
        foreach (var address in new[] { Query, Summary, await RunAsync(gateway) })
        {
            (await gateway.AskAsync(address, ("Accept", "text/csv"))).Status.ShouldBe(HttpStatusCode.NotAcceptable, address);
        }
    }

    private static async Task<string> RunAsync(GatewayHost gateway) =>
        $"/api/task-runs/{(await gateway.AskAsync(Query)).Ids()[0]}";
}
