using NclueGateway.Caching;

namespace NclueGateway.Tests.Caching;

public sealed class MemoryBlockStoreTests
{
    private const long Interest = 6_400;

    [Fact]
    public void The_block_read_longest_ago_goes_first()
    {
        var store = new MemoryBlockStore<string>(capacity: 3);
        store.Set(1, "one", now: 0);
        store.Set(2, "two", now: 1);
        store.Set(3, "three", now: 2);
        store.TryGet(1, out var one).ShouldBeTrue();
        one!.Touch(1_000, Interest);

        store.Set(4, "four", now: 1_001).ShouldBe(2);

        store.All.Select(b => b.Key).ShouldBe([1, 3, 4], ignoreOrder: true);
    }

    [Fact]
    public void A_newer_copy_takes_the_place_of_the_older_one_and_of_no_other()
    {
        var store = new MemoryBlockStore<string>(capacity: 2);
        store.Set(1, "old", now: 0);
        store.Set(2, "two", now: 0);

        store.Set(1, "new", now: 5).ShouldBeNull();

        store.TryGet(1, out var held).ShouldBeTrue();
        held!.Block.ShouldBe("new");
        store.All.Count().ShouldBe(2);
    }

    [Fact]
    public void A_copy_is_unread_until_somebody_comes_after_it_was_stored()
    {
        var held = new HeldBlock<string>("old", readAt: 0);

        held.IsUnread.ShouldBeTrue();
        held.Touch(10, Interest).ShouldBeTrue();
        held.Touch(20, Interest).ShouldBeFalse();
        held.IsUnread.ShouldBeFalse();
        held.Renew("new");
        held.IsUnread.ShouldBeTrue();
        held.Touch(30, Interest).ShouldBeTrue();
    }

    [Fact]
    public void A_read_after_a_long_time_is_news_again()
    {
        var held = new HeldBlock<string>("block", readAt: 0);
        held.Touch(10, Interest);

        held.Touch(10 + Interest, Interest).ShouldBeTrue();
        held.LastReadAt.ShouldBe(10 + Interest);
    }
}
