using Microsoft.Extensions.Time.Testing;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.Tests.Mirror;

public sealed class BlockCacheTests
{
    private static readonly long Interest = new CacheOptions().InterestFor.Ticks;

    [Fact]
    public void The_block_read_longest_ago_goes_first()
    {
        var list = List(maxBlocks: 3);
        list.Add(Block(0), now: 0);
        list.Add(Block(1), now: 1);
        list.Add(Block(2), now: 2);
        list.MarkRead(list.Find(new(0, 20), oldest: 0), now: 1_000);

        list.Add(Block(3), now: 1_001);

        list.Blocks.Select(held => held.Block.Number).ShouldBe([0, 2, 3], ignoreOrder: true);
    }

    [Fact]
    public void A_newer_copy_takes_the_place_of_the_older_one_and_of_no_other()
    {
        var list = List(maxBlocks: 2);
        list.Add(Block(0), now: 0);
        list.Add(Block(1), now: 0);
        var newer = Block(0) with { DepartedAt = 5 };

        list.Add(newer, now: 5);

        list.TryGet(0, out var held).ShouldBeTrue();
        held!.Block.ShouldBeSameAs(newer);
        list.Blocks.Count().ShouldBe(2);
    }

    [Fact]
    public void Finding_a_page_leaves_no_trace_and_marking_it_keeps_the_block_that_proves_the_end()
    {
        var list = List(maxBlocks: 10);
        list.Add(Block(0), now: 0);
        list.Add(new(1, 0, new TaskRunRowsBuilder(1).Build(null)), now: 0); // empty, behind a full one: the end
        var parts = list.Find(new(0, 20), oldest: 0);
        list.Blocks.ShouldAllBe(held => held.IsUnread);

        list.MarkRead(parts, now: 1).ShouldBeTrue();

        list.Blocks.ShouldAllBe(held => !held.IsUnread);
        list.MarkRead(parts, now: 2).ShouldBeFalse();
    }

    [Fact]
    public void A_copy_is_unread_until_a_reader_comes_after_it_was_stored()
    {
        var list = List(maxBlocks: 10);
        list.Add(Block(0), now: 0);

        list.TryGet(0, out var held).ShouldBeTrue();
        held!.IsUnread.ShouldBeTrue();
        MarkRead(list, 10).ShouldBeTrue();
        MarkRead(list, 20).ShouldBeFalse();
        held.IsUnread.ShouldBeFalse();
        list.Add(Block(0) with { DepartedAt = 5 }, now: 25);
        held.IsUnread.ShouldBeTrue();
        MarkRead(list, 30).ShouldBeTrue();
    }

    [Fact]
    public void A_read_after_a_long_time_is_news_again()
    {
        var list = List(maxBlocks: 10);
        list.Add(Block(0), now: 0);
        MarkRead(list, 10);

        MarkRead(list, 10 + Interest).ShouldBeTrue();
        list.Blocks.Single().LastReadAt.ShouldBe(10 + Interest);
    }

    private static bool MarkRead(BlockCache list, long now) => list.MarkRead(list.Find(new(0, 20), oldest: 0), now);

    private static BlockCache List(int maxBlocks) => new(new CacheOptions { MaxBlocks = maxBlocks }, new FakeTimeProvider());

    private static TaskRunBlock Block(int number)
    {
        var rows = new TaskRunRowsBuilder(1);
        for (var row = 0; row < TaskRunRows.Capacity; row++)
        {
            rows.Drop();
        }

        return new(number, 0, rows.Build(null));
    }
}
