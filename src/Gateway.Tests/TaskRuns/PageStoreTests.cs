using Microsoft.Extensions.Time.Testing;
using NclueGateway.Caching;
using NclueGateway.TaskRuns;

namespace NclueGateway.Tests.TaskRuns;

/// <summary>How long prepared pages are kept.</summary>
public sealed class PageStoreTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly CacheOptions _options = new() { PageMemory = 1024 * 1024 };
    private readonly TaskRunList _list;
    private readonly PageStore _pages;

    public PageStoreTests()
    {
        _list = new(_options, _time);
        _pages = new(_list, _options, _time);
    }

    [Fact]
    public void A_page_is_made_once_while_its_block_stays()
    {
        Fetch(0);
        var page = Get(0);

        Get(0).ShouldBeSameAs(page);
        Get(0, limit: 21).ShouldNotBeSameAs(page);
        Get(0, pathBase: "/nclue").Link.ShouldContain("</nclue/api/task-runs");
    }

    [Fact]
    public void A_renewed_block_takes_its_pages_with_it()
    {
        Fetch(0);
        var page = Get(0);
        _pages.Size.ShouldBeGreaterThan(0);

        Fetch(0);

        _pages.Size.ShouldBe(0);
        Get(0).ShouldNotBeSameAs(page);
    }

    [Fact]
    public void A_page_over_two_blocks_is_made_anew_when_either_is_renewed()
    {
        Fetch(0);
        Fetch(1);
        var page = Get(90);
        Get(90).ShouldBeSameAs(page);

        Fetch(1);

        Get(90).ShouldNotBeSameAs(page);
    }

    [Fact]
    public void Their_memory_is_bounded_and_what_was_read_the_longest_ago_goes_first()
    {
        for (var block = 0; block < 10; block++)
        {
            Fetch(block);
        }

        var oldest = Get(0);
        _time.Advance(TimeSpan.FromSeconds(2));
        for (var block = 1; block < 10; block++)
        {
            for (var limit = 1; limit <= 100; limit++)
            {
                for (var row = 0; row < 3; row++)
                {
                    Get((block * 100) + row, limit);
                    _pages.Size.ShouldBeLessThanOrEqualTo(_options.PageMemory);
                }
            }

            _time.Advance(TimeSpan.FromSeconds(2));
        }

        Get(0).ShouldNotBeSameAs(oldest);
        Get(900).ShouldBeSameAs(Get(900));
    }

    private void Fetch(int block)
    {
        _time.Advance(TimeSpan.FromSeconds(11));
        var runs = string.Join(',', Enumerable.Range(0, 100).Select(row => $$"""{"run_id":"{{block}}-{{row}}","run_name":"name"}"""));
        new TaskRunNormalizer(TimeZoneInfo.Utc, NclueGateway.Nclue.HelpLanguage.En)
            .TryNormalize(System.Text.Encoding.UTF8.GetBytes($$"""{"total":1000,"runs":[{{runs}}]}"""), out var answer, out var error).ShouldBeTrue(error);
        _list.Add(new(block, _time.GetTimestamp(), answer!.Rows), _time.GetTimestamp());
    }

    private PreparedPage Get(int index, int limit = 20, string pathBase = "")
    {
        var parts = _list.Locate(new(index, limit), long.MinValue, null, out _);
        parts.IsComplete.ShouldBeTrue();
        return _pages.Get(parts, pathBase);
    }
}
