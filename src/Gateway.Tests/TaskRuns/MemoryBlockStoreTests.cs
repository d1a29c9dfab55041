using NclueGateway.TaskRuns;

namespace NclueGateway.Tests.TaskRuns;

public sealed class MemoryBlockStoreTests
{
    private const long Interest = 6_400;

    [Fact]
    public void The_block_read_longest_ago_goes_first()
    {
        var store = new MemoryBlockStore(capacity: 3);
        store.Set(Block(1), now: 0);
        store.Set(Block(2), now: 1);
        store.Set(Block(3), now: 2);
        store.TryGet(1, out var one).ShouldBeTrue();
        one!.MarkRead(1_000, Interest);

        store.Set(Block(4), now: 1_001).ShouldBe(2);

        store.All.Select(b => b.Key).ShouldBe([1, 3, 4], ignoreOrder: true);
    }

    [Fact]
    public void A_newer_copy_takes_the_place_of_the_older_one_and_of_no_other()
    {
        var store = new MemoryBlockStore(capacity: 2);
        store.Set(Block(1), now: 0);
        store.Set(Block(2), now: 0);
        var newer = Block(1);

        store.Set(newer, now: 5).ShouldBeNull();

        store.TryGet(1, out var held).ShouldBeTrue();
        held!.Block.ShouldBeSameAs(newer);
        store.All.Count().ShouldBe(2);
    }

    [Fact]
    public void A_copy_is_unread_until_a_reader_comes_after_it_was_stored()
    {
        var held = new HeldBlock(Block(0), readAt: 0);

        held.IsUnread.ShouldBeTrue();
        held.MarkRead(10, Interest).ShouldBeTrue();
        held.MarkRead(20, Interest).ShouldBeFalse();
        held.IsUnread.ShouldBeFalse();
        held.Renew(Block(0));
        held.IsUnread.ShouldBeTrue();
        held.MarkRead(30, Interest).ShouldBeTrue();
    }

    [Fact]
    public void A_read_after_a_long_time_is_news_again()
    {
        var held = new HeldBlock(Block(0), readAt: 0);
        held.MarkRead(10, Interest);

        held.MarkRead(10 + Interest, Interest).ShouldBeTrue();
        held.LastReadAt.ShouldBe(10 + Interest);
    }

    private static TaskRunBlock Block(int number) => new(number, 0, new TaskRunRowsBuilder(1).Build(0));
}
