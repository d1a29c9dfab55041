using System.Text;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.TaskRuns;

/// <summary>The lifetime of compressed pages.</summary>
public sealed class PageCacheTests
{
    private readonly CacheOptions _options = new() { PageMemory = 1024 * 1024 };

    [Fact]
    public async Task Their_memory_is_bounded_and_the_least_recently_read_are_evicted_first()
    {
        using var pages = new PageCache(_options);
        var list = List();
        Read(0, 100);
        for (var index = 0; index < 900; index++)
        {
            for (var limit = 95; limit <= 100; limit++)
            {
                Read(index, limit);
                pages.Size.ShouldBeLessThanOrEqualTo(_options.PageMemory);
            }
        }

        // Eviction runs on the thread pool.
        for (var attempt = 0; Read(899, 100).Coding is null && attempt < 1_000; attempt++)
        {
            await Task.Yield();
        }

        Read(899, 100).Coding.ShouldBe("gzip");
        pages.GetRepresentation(Page(0, 100), "gzip", hasBody: false).Coding.ShouldBeNull();

        PageRepresentation Read(int index, int limit)
        {
            pages.GetRepresentation(Page(index, limit), "gzip", hasBody: true);
            return pages.GetRepresentation(Page(index, limit), "gzip", hasBody: true);
        }

        PageBody Page(int index, int limit) => new(list.Find(new(index, limit), long.MinValue));
    }

    private BlockCache List()
    {
        var time = new FakeTimeProvider();
        var list = new BlockCache(_options, time);
        var normalizer = new TaskRunNormalizer(TimeZoneInfo.Utc, HelpLanguage.En);
        for (var block = 0; block < 10; block++)
        {
            var runs = string.Join(',', Enumerable.Range(0, 100).Select(row => $$"""{"run_id":"{{block}}-{{row}}","run_name":"name"}"""));
            var body = Encoding.UTF8.GetBytes($$"""{"total":1000,"runs":[{{runs}}]}""");
            normalizer.TryNormalize(body, out var response, out var error).ShouldBeTrue(error);
            list.Add(new(block, time.GetTimestamp(), response!.Rows), time.GetTimestamp());
        }

        return list;
    }
}
