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

    [Fact]
    public async Task Ever_new_results_of_queries_displace_no_page()
    {
        using var pages = new PageCache(_options);
        var list = List();
        var page = new PageBody(list.Find(new(0, 100), long.MinValue));
        pages.GetRepresentation(page, "gzip", hasBody: true);
        pages.GetRepresentation(page, "gzip", hasBody: true).Coding.ShouldBe("gzip");

        for (var query = 0; query < 2_000; query++)
        {
            pages.GetOrCompute(query, () => (new byte[10_000], 10_000));
            pages.Size.ShouldBeLessThanOrEqualTo(_options.PageMemory);
        }

        // Eviction runs on the thread pool.
        for (var attempt = 0; !IsCached("the last one") && attempt < 1_000; attempt++)
        {
            await Task.Yield();
        }

        pages.GetRepresentation(page, "gzip", hasBody: false).Coding.ShouldBe("gzip");

        bool IsCached(string query)
        {
            var result = pages.GetOrCompute(query, () => (new byte[10_000], 10_000));
            return ReferenceEquals(result, pages.GetOrCompute(query, () => (new byte[10_000], 10_000)));
        }
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_one_computation()
    {
        using var pages = new PageCache(_options);
        using var begun = new SemaphoreSlim(0);
        using var end = new ManualResetEventSlim();
        var computations = 0;

        var ct = TestContext.Current.CancellationToken;
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () => pages.GetOrCompute("query", Compute), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await begun.WaitAsync(ct);
        end.Set();
        var results = await Task.WhenAll(callers);

        results.Distinct().ShouldHaveSingleItem();
        computations.ShouldBe(1);

        (byte[] Result, int Bytes) Compute()
        {
            Interlocked.Increment(ref computations);
            begun.Release();
            end.Wait(ct);
            return ([1], 1);
        }
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
