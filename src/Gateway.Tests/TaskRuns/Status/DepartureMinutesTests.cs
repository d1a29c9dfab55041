using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.TaskRuns.Status;

/// <summary>The departures minute by minute of one gateway without Redis.</summary>
public sealed class DepartureMinutesTests
{
    [Fact]
    public async Task Each_whole_minute_has_the_number_of_its_requests()
    {
        await using var gateway = await StartAsync();
        await gateway.Clock.LetMinuteEndAsync(); // the minute in which it has started is not known

        var before = await gateway.StatusAsync();
        await ReadAsync(gateway, 0, 1, 2);
        await gateway.Clock.LetMinuteEndAsync();
        var first = await gateway.StatusAsync();
        await gateway.Clock.LetMinuteEndAsync();
        await ReadAsync(gateway, 3, 4, 5, 6, 7);
        var third = await gateway.StatusAsync(); // the minute has not ended
        await gateway.Clock.LetMinuteEndAsync();
        var last = await gateway.StatusAsync();

        before.LastMinutes(1).ShouldBe([null]);
        first.LastMinutes(2).ShouldBe([null, 3]);
        ((int)first["departures"]!["lastMinute"]!).ShouldBe(3);
        third.LastMinutes(3).ShouldBe([null, 3, 0]);
        last.LastMinutes(4).ShouldBe([null, 3, 0, 5]);
        ((int)last["departures"]!["lastMinute"]!).ShouldBe(5);
        gateway.Nclue.Arrivals.Count.ShouldBe(8);
    }

    [Fact]
    public async Task Sixty_minutes_are_remembered()
    {
        await using var gateway = await StartAsync();
        await gateway.Clock.LetMinuteEndAsync();
        await ReadAsync(gateway, 0, 1);
        for (var minute = 0; minute < 60; minute++)
        {
            await gateway.Clock.LetMinuteEndAsync();
        }

        (await gateway.StatusAsync()).LastMinutes(60).ShouldBe([2, .. Enumerable.Repeat((int?)0, 59)]);
        await gateway.Clock.LetMinuteEndAsync();

        (await gateway.StatusAsync()).LastMinutes(60).ShouldBe([.. Enumerable.Repeat((int?)0, 60)]);
    }

    [Fact]
    public async Task Minutes_in_which_the_process_was_suspended_are_not_known()
    {
        await using var gateway = await StartAsync();
        await gateway.Clock.LetMinuteEndAsync();
        await ReadAsync(gateway, 0);
        await gateway.Clock.LetMinuteEndAsync();

        gateway.Clock.Advance(TimeSpan.FromSeconds(150)); // all timers are late
        await ReadAsync(gateway, 1, 2);
        await gateway.Clock.LetMinuteEndAsync(); // the rest of the minute in which it went on
        await ReadAsync(gateway, 3, 4, 5);
        await gateway.Clock.LetMinuteEndAsync();

        (await gateway.StatusAsync()).LastMinutes(6).ShouldBe([null, 1, null, null, null, 3]);
    }

    [Theory]
    [InlineData("00:00:01.05", "1", 57)]
    [InlineData("00:00:02", "1", 30)]
    [InlineData("00:00:01.05", "3", 19)] // without Redis, its share
    [InlineData("00:01:00", "3", 1)]
    public async Task The_maximum_of_a_minute_follows_from_the_settings(string interval, string replicas, int most)
    {
        var settings = QueryHosts.Settings(("Nclue:RequestInterval", interval), ("Nclue:ReplicaCount", replicas));
        await using var gateway = await GatewayHost.StartAsync(settings: settings);

        ((int)(await gateway.StatusAsync())["departures"]!["mostPerMinute"]!).ShouldBe(most);
    }

    /// <summary>Starts a gateway that requests each block once.</summary>
    private static Task<GatewayHost> StartAsync() =>
        GatewayHost.StartAsync(new() { Frozen = true, Runs = 1_000 }, QueryHosts.Settings(("Cache:FreshFor", "01:00:00")));

    private static async Task ReadAsync(GatewayHost gateway, params int[] blocks)
    {
        foreach (var block in blocks)
        {
            await gateway.ReadPatientlyAsync(100 * block);
        }
    }
}
