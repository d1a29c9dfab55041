using NclueGateway.Check;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Check;

/// <summary>Settings that one response at <c>index=10</c> determines, and those that it cannot.</summary>
public sealed class ListSettingsProbeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Row", 100, 250, "Fine")]
    [InlineData("Page", 100, 250, "Failed")]
    [InlineData("Row", 0, 250, "Failed")]
    [InlineData("Page", 0, 250, "Fine")]
    [InlineData("Row", 100, 1_000, "Fine")]
    [InlineData("Row", 99, 1_099, "Failed")] // by rows it would be full
    [InlineData("Row", 1, 11, "Fine")]
    [InlineData("Page", 0, 11, "Fine")]
    [InlineData("Row", 0, 10, "Fine")] // one block, for either unit of index
    [InlineData("Page", 0, 3, "Fine")]
    [InlineData("Row", 100, 1_100, "NotChecked")] // both would be full
    [InlineData("Page", 100, 5_000, "NotChecked")]
    [InlineData("Row", 50, 5_000, "NotChecked")] // neither count would be 50
    [InlineData("Row", 100, 100, "Fine")] // total counts the rows of the response
    [InlineData("Page", 100, 100, "Warning")]
    [InlineData("Row", 0, 0, "NotChecked")]
    [InlineData("Page", 0, 0, "NotChecked")]
    [InlineData("Row", 0, null, "NotChecked")]
    [InlineData("Row", 40, null, "Fine")]
    [InlineData("Page", 40, null, "Warning")]
    public void Index_counts_what_explains_how_many_runs_came(string configured, int rows, int? total, string state) =>
        ListSettingsProbe.OfIndexUnit(Enum.Parse<IndexUnit>(configured), Rows(10, rows, total), null).State.ToString().ShouldBe(state);

    [Theory]
    [InlineData("Row", 10, 100, "Fine")]
    [InlineData("Page", 10, 100, "Failed")]
    [InlineData("Row", 1_000, 100, "Failed")]
    [InlineData("Page", 1_000, 100, "Fine")]
    [InlineData("Row", 1_000, 0, "Failed")]
    [InlineData("Page", 1_000, 0, "Fine")]
    public void Where_total_does_not_tell_the_first_block_does(string configured, int begins, int rows, string state) =>
        ListSettingsProbe.OfIndexUnit(Enum.Parse<IndexUnit>(configured), Rows(begins, rows, rows), Rows(0, 100, 100))
            .State.ToString().ShouldBe(state);

    [Theory]
    [InlineData("Asia/Seoul", 0, "Fine")]
    [InlineData("Asia/Seoul", 8.9, "Fine")]
    [InlineData("Asia/Seoul", 9.1, "NotChecked")] // it may be a new run, written in UTC
    [InlineData("Asia/Seoul", -0.5, "Failed")]
    [InlineData("Asia/Seoul", -0.01, "Fine")] // half a minute can be a clock difference
    [InlineData("Asia/Tokyo", 1, "Fine")]
    [InlineData("UTC", 0, "NotChecked")]
    [InlineData("UTC", 500, "NotChecked")]
    [InlineData("UTC", -8.9, "Failed")]
    public void A_zone_is_wrong_when_a_run_is_yet_to_come_by_it(string zone, double hoursAgo, string state)
    {
        var info = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var newest = TimeZoneInfo.ConvertTime(Now - TimeSpan.FromHours(hoursAgo), info);

        ListSettingsProbe.OfTimeZone(info, [newest.AddDays(-3), null, newest], Now).State.ToString().ShouldBe(state);
    }

    [Theory]
    [InlineData("UTC", -8.9, "Set Nclue:TimeZone to Asia/Seoul.")]
    [InlineData("UTC", -12, "Set Nclue:TimeZone to the time zone of NCLUE's times.")]
    [InlineData("America/New_York", -4, "Set Nclue:TimeZone to UTC or Asia/Seoul.")]
    public void The_zones_that_fit_are_named(string zone, double hoursAgo, string advice)
    {
        var info = TimeZoneInfo.FindSystemTimeZoneById(zone);

        ListSettingsProbe.OfTimeZone(info, [TimeZoneInfo.ConvertTime(Now - TimeSpan.FromHours(hoursAgo), info)], Now)
            .Advice.ShouldBe(advice);
    }

    [Fact]
    public void Without_a_time_nothing_can_be_told_of_the_zone() =>
        ListSettingsProbe.OfTimeZone(TimeZoneInfo.Utc, [null], Now).State.ShouldBe(FindingState.NotChecked);

    private static TaskRunRows Rows(int begins, int count, long? total)
    {
        var rows = new TaskRunRowsBuilder(10_000);
        for (var row = begins; row < begins + count; row++)
        {
            rows.Add(System.Text.Encoding.UTF8.GetBytes($$"""{"id":"{{row}}"}"""));
        }

        return rows.Build(total);
    }
}
