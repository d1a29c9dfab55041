namespace NclueGateway.Tests.Upstream.Pacing;

public sealed class BlockDirectoryTests
{
    private readonly ScriptedPacer _pacer = new();

    [Fact]
    public async Task The_newest_change_of_a_block_counts_and_comes_first()
    {
        await _pacer.LookAsync(reply => reply with { Changes = [(1, 300), (2, 200), (1, 100)] });

        _pacer.Directory.NewestOf(1).ShouldBe(300);
        _pacer.Directory.NewestOf(2).ShouldBe(200);
        _pacer.Directory.NewestOf(3).ShouldBe(0);
    }

    [Fact]
    public async Task A_list_of_all_copies_replaces_what_was_known()
    {
        _pacer.Directory.Set(1, 100);

        await _pacer.LookAsync(reply => reply with { IsAll = true, Changes = [(2, 200)] });

        _pacer.Directory.Newest.ShouldBe([KeyValuePair.Create(2, 200L)]);
    }

    [Fact]
    public async Task A_fetch_time_is_a_timestamp_unless_it_lies_ahead_or_more_than_a_year_back()
    {
        _pacer.Directory.TimestampOf(ScriptedPacer.Epoch).ShouldBeNull(); // Redis has not responded yet
        await _pacer.LookAsync();
        var year = (long)TimeSpan.FromDays(366).TotalMilliseconds;

        var timestamp = _pacer.Directory.TimestampOf(_pacer.Now - 1_000)!.Value;
        _pacer.Clock.GetElapsedTime(timestamp).TotalMilliseconds.ShouldBeInRange(1_000, 1_002);
        _pacer.Directory.TimestampOf(_pacer.Now + 10).ShouldBeNull();
        _pacer.Directory.TimestampOf(_pacer.Now - year + 10).ShouldNotBeNull();
        _pacer.Directory.TimestampOf(_pacer.Now - year - 10).ShouldBeNull();
    }
}
