using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Http;
using NclueGateway.Http;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http;

/// <summary>Compressed pages (RFC 9110 §8.4 and §12.5.3), as HTTP clients see them.</summary>
public sealed class ContentCodingTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("gzip", "gzip")]
    [InlineData("GZIP", "gzip")]
    [InlineData("br", "br")]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("br;q=0.5, gzip", "gzip")]
    [InlineData("br;q=0, gzip;q=0", null)]
    [InlineData("*", "br")]
    [InlineData("*, br;q=0", "gzip")]
    [InlineData("*;q=0", null)]
    [InlineData("deflate, zstd", null)]
    [InlineData("identity, gzip;q=0.5", null)]
    [InlineData("identity;q=0.5, gzip;q=0.5", "gzip")]
    [InlineData("identity;q=0, gzip", "gzip")]
    [InlineData("gzip;q=nonsense", null)]
    [InlineData(",, ,;,\",gzip,", "gzip")]
    [InlineData("(╯°□°)╯", null)]
    public void The_coding_is_the_one_the_caller_likes_best(string? accepted, string? coding) =>
        ContentNegotiation.ChooseCoding(new HeaderDictionary { ["Accept-Encoding"] = accepted }).ShouldBe(coding);

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task From_its_second_read_on_a_page_is_compressed_for_those_who_ask(string coding)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var plain = await ReadAsync(gateway, null);

        var first = await ReadAsync(gateway, coding);
        var second = await ReadAsync(gateway, coding);
        var again = await ReadAsync(gateway, coding);

        first.Coding.ShouldBeNull();
        second.Coding.ShouldBe(coding);
        second.Body.Length.ShouldBeLessThan(plain.Body.Length / 3);
        second.Length.ShouldBe(second.Body.Length);
        second.ETag.ShouldBe($"{plain.ETag[..^1]}-{coding}\"");
        second.Vary.ShouldContain("Accept-Encoding");
        Unpack(second).ShouldBe(plain.Body);
        again.Body.ShouldBe(second.Body);
        (await ReadAsync(gateway, null)).Body.ShouldBe(plain.Body);
    }

    [Fact]
    public async Task A_short_page_is_sent_as_it_is()
    {
        await using var gateway = await GatewayHost.StartAsync();
        for (var read = 0; read < 3; read++)
        {
            var page = await ReadAsync(gateway, "gzip", limit: 1);
            page.Body.Length.ShouldBeLessThan(PageCache.ShortestCompressed);
            page.Coding.ShouldBeNull();
        }
    }

    [Fact]
    public async Task A_copy_in_any_coding_is_still_good_while_the_content_is()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var plain = await ReadAsync(gateway, null);
        await ReadAsync(gateway, "br");
        var packed = await ReadAsync(gateway, "br");

        foreach (var tag in new[] { plain.ETag, packed.ETag, $"{plain.ETag[..^1]}-gzip\"" })
        {
            var response = await ReadAsync(gateway, "br", ifNoneMatch: tag);
            response.Status.ShouldBe(HttpStatusCode.NotModified);
            response.ETag.ShouldBe(packed.ETag);
            response.Body.ShouldBeEmpty();
            response.Coding.ShouldBeNull();
        }

        (await ReadAsync(gateway, "br", ifNoneMatch: $"{plain.ETag[..^1]}-zstd\"")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Responses_without_a_body_have_nothing_compressed_and_are_no_reads()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var plain = await ReadAsync(gateway, null);
        for (var response = 0; response < 3; response++)
        {
            (await ReadAsync(gateway, "br", ifNoneMatch: plain.ETag)).ETag.ShouldBe(plain.ETag);
            (await ReadAsync(gateway, "br", method: HttpMethod.Head)).ETag.ShouldBe(plain.ETag);
        }

        (await ReadAsync(gateway, "br")).Coding.ShouldBeNull();
        (await ReadAsync(gateway, "br")).Coding.ShouldBe("br");
    }

    [Fact]
    public async Task HEAD_says_what_GET_would_and_sends_nothing()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await ReadAsync(gateway, "gzip");
        var page = await ReadAsync(gateway, "gzip");

        var head = await ReadAsync(gateway, "gzip", method: HttpMethod.Head);

        (head.Coding, head.ETag, head.Length).ShouldBe((page.Coding, page.ETag, page.Length));
        head.Body.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refetch_that_brings_the_same_runs_leaves_a_page_compressed()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 50, Frozen = true });
        await ReadAsync(gateway, "gzip");
        var before = await ReadAsync(gateway, "gzip");

        gateway.Clock.Advance(TimeSpan.FromSeconds(11));
        await gateway.ReadAsync(); // triggers a refresh
        await gateway.ReadUntilAsync(page => page.Age <= 1);
        var after = await ReadAsync(gateway, "gzip");

        after.ETag.ShouldBe(before.ETag);
        after.Coding.ShouldBe("gzip");
        after.Body.ShouldBe(before.Body);
    }

    [Fact]
    public async Task Other_runs_are_another_page_to_compress()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 50, NewRunEvery = TimeSpan.FromSeconds(5) });
        await ReadAsync(gateway, "gzip");
        var before = await ReadAsync(gateway, "gzip");

        gateway.Clock.Advance(TimeSpan.FromSeconds(11));
        await gateway.ReadAsync(); // triggers a refresh
        var after = await gateway.ReadUntilAsync(page => page.Age <= 1);
        await ReadAsync(gateway, "gzip");
        var packed = await ReadAsync(gateway, "gzip");

        packed.ETag.ShouldNotBe(before.ETag);
        packed.ETag.ShouldBe($"{after.Headers["ETag"][..^1]}-gzip\"");
        System.Text.Encoding.UTF8.GetString(Unpack(packed)).ShouldBe(after.Text);
    }

    private static async Task<CodedResponse> ReadAsync(
        GatewayHost gateway, string? accept, int limit = 20, string? ifNoneMatch = null, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, $"/api/task-runs?limit={limit}");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accept);
        request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        using var response = await gateway.Client.SendAsync(request, Ct);
        return new(
            response.StatusCode,
            response.Content.Headers.ContentEncoding.SingleOrDefault(),
            response.Headers.ETag!.ToString(),
            response.Content.Headers.ContentLength,
            string.Join(", ", response.Headers.Vary),
            await response.Content.ReadAsByteArrayAsync(Ct));
    }

    private static byte[] Unpack(CodedResponse response)
    {
        using var packed = new MemoryStream(response.Body);
        using Stream stream = response.Coding == "gzip"
            ? new GZipStream(packed, CompressionMode.Decompress)
            : new BrotliStream(packed, CompressionMode.Decompress);
        using var plain = new MemoryStream();
        stream.CopyTo(plain);
        return plain.ToArray();
    }

    private sealed record CodedResponse(HttpStatusCode Status, string? Coding, string ETag, long? Length, string Vary, byte[] Body);
}
