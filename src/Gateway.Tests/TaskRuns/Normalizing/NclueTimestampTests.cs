using System.Text.Json;
using CsCheck;
using NclueGateway.TaskRuns.Normalizing;

namespace NclueGateway.Tests.TaskRuns.Normalizing;

public sealed class NclueTimestampTests
{
    private static readonly TimeZoneInfo Seoul = TimeZoneInfo.FindSystemTimeZoneById("Asia/Seoul");
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    [Theory]
    [InlineData("2024-11-22T08:54:46", "2024-11-22T08:54:46+09:00")]
    [InlineData("2024-11-22t08:54:46", "2024-11-22T08:54:46+09:00")]
    [InlineData("2024-11-22 08:54:46", "2024-11-22T08:54:46+09:00")]
    [InlineData("2024-11-22T08:54:46Z", "2024-11-22T17:54:46+09:00")]
    [InlineData("2024-11-22t08:54:46z", "2024-11-22T17:54:46+09:00")]
    [InlineData("2024-11-22T08:54:46+09:00", "2024-11-22T08:54:46+09:00")]
    [InlineData("2024-11-22T08:54:46+0900", "2024-11-22T08:54:46+09:00")]
    [InlineData("2024-11-22T08:54:46+09", "2024-11-22T08:54:46+09:00")]
    [InlineData("2024-11-22T08:54:46-00:00", "2024-11-22T17:54:46+09:00")]
    [InlineData("2024-11-22T08:54:46-05:30", "2024-11-22T23:24:46+09:00")]
    [InlineData("2024-11-22T08:54:46+23:59", "2024-11-21T17:55:46+09:00")]
    [InlineData("2024-12-31T20:00:00Z", "2025-01-01T05:00:00+09:00")]
    [InlineData("2024-02-29T00:00:00", "2024-02-29T00:00:00+09:00")]
    public void A_time_is_written_in_the_zone(string sent, string written) => Text(sent, Seoul).ShouldBe(written);

    [Theory]
    [InlineData("2024-11-22T08:54:46.9")]
    [InlineData("2024-11-22T08:54:46.000000000")]
    [InlineData("2024-11-22T08:54:46.999999999")]
    [InlineData("2024-11-22T08:54:46.999+09:00")]
    [InlineData("2024-11-21T23:54:46.5Z")]
    [InlineData("2024-11-22T08:54:46.9999999999")]
    [InlineData("2024-11-22T08:54:46.999999999999999999+0900")]
    [InlineData("2024-11-21t23:54:46.123456789012345678901234567890z")]
    public void A_fraction_is_cut_off(string sent) => Text(sent, Seoul).ShouldBe("2024-11-22T08:54:46+09:00");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2024-11-22")]
    [InlineData("2024-11-22T08:54")]
    [InlineData("20241122T085446Z")]
    [InlineData("1732233286")]
    [InlineData("yesterday at some time")]
    [InlineData(" 2024-11-22T08:54:46")]
    [InlineData("2024-11-22T08:54:46 ")]
    [InlineData("2024-11-22_08:54:46")]
    [InlineData("2024-11-22T8:54:46Z")]
    [InlineData("2024/11/22T08:54:46")]
    [InlineData("12024-11-22T08:54:46")]
    [InlineData("-024-11-22T08:54:46")]
    [InlineData("٢٠٢٤-11-22T08:54:46")]
    [InlineData("2023-02-29T00:00:00")]
    [InlineData("2024-13-01T00:00:00")]
    [InlineData("2024-00-01T00:00:00")]
    [InlineData("0000-01-01T00:00:00")]
    [InlineData("2024-11-22T24:00:00")]
    [InlineData("2024-11-22T23:60:00")]
    [InlineData("2024-11-22T23:59:60")]
    [InlineData("2024-11-22T08:54:46.")]
    [InlineData("2024-11-22T08:54:46,5")]
    [InlineData("2024-11-22T08:54:46.Z")]
    [InlineData("2024-11-22T08:54:46.5 Z")]
    [InlineData("2024-11-22T08:54:46.12345678901x")]
    [InlineData("2024-11-22T08:54:46.٥")]
    [InlineData("2016-12-31T23:59:60Z")]
    [InlineData("2024-11-22T08:54:46ZZ")]
    [InlineData("2024-11-22T08:54:46KST")]
    [InlineData("2024-11-22T08:54:46+9")]
    [InlineData("2024-11-22T08:54:46+9:00")]
    [InlineData("2024-11-22T08:54:46+09:0")]
    [InlineData("2024-11-22T08:54:46+24:00")]
    [InlineData("2024-11-22T08:54:46+09:60")]
    [InlineData("2024-11-22T08:54:46+09:00:00")]
    [InlineData("2024-11-22T08:54:46+09-00")]
    [InlineData("2024-11-22T08:54:46 09:00")]
    [InlineData("2024-11-22T08:54:46+09:00[Asia/Seoul]")]
    [InlineData("0001-01-01T00:00:00+09:00")]
    [InlineData("9999-12-31T23:59:59-09:00")]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("0001-01-01T00:00:00")]
    public void A_time_that_cannot_be_read_or_told_is_null(string? sent) => NclueTimestamp.Parse(sent, Seoul).ShouldBeNull();

    [Theory]
    [InlineData("2024-07-01T12:00:00", "2024-07-01T12:00:00-04:00")]
    [InlineData("2024-01-01T12:00:00", "2024-01-01T12:00:00-05:00")]
    [InlineData("2024-07-01T12:00:00Z", "2024-07-01T08:00:00-04:00")]
    [InlineData("2024-01-01T12:00:00Z", "2024-01-01T07:00:00-05:00")]
    public void The_offset_written_is_the_zones_at_that_instant(string sent, string written) => Text(sent, NewYork).ShouldBe(written);

    [Fact]
    public void A_local_time_that_a_clock_change_skips_is_read_in_standard_time() =>
        Text("2024-03-10T02:30:00", NewYork).ShouldBe("2024-03-10T03:30:00-04:00");

    [Fact]
    public void A_local_time_that_a_clock_change_repeats_is_read_in_standard_time() =>
        Text("2024-11-03T01:30:00", NewYork).ShouldBe("2024-11-03T01:30:00-05:00");

    [Fact]
    public void No_local_time_throws_in_any_zone_and_what_is_written_reads_back()
    {
        TimeZoneInfo[] zones = [.. TimeZoneInfo.GetSystemTimeZones()];
        var times = Gen.OneOf(
            Gen.DateTime,
            Gen.DateTime[new DateTime(1900, 1, 1), new DateTime(2050, 1, 1)],
            Gen.Int[0, 200_000].Select(minutes => DateTime.MinValue.AddMinutes(minutes)),
            Gen.Int[0, 200_000].Select(minutes => DateTime.MaxValue.AddMinutes(-minutes)));

        Gen.Select(times, Gen.OneOf(zones), Gen.OneOf("", "Z", "-23:59", "+23:59")).Sample(
            (time, zone, offset) =>
            {
                if (NclueTimestamp.Parse(time.ToString("yyyy-MM-ddTHH:mm:ss") + offset, zone) is { } read)
                {
                    NclueTimestamp.Parse(Written(read), zone).ShouldBe(read);
                    read.Offset.ShouldBe(zone.GetUtcOffset(read));
                }
            },
            iter: 5_000);
    }

    [Fact]
    public void No_text_throws() =>
        Gen.OneOf(Gen.String, Gen.String.Select(tail => "2024-11-22T08:54:46" + tail))
            .Sample(text => { NclueTimestamp.Parse(text, Seoul); }, iter: 2_000);

    private static string? Text(string sent, TimeZoneInfo zone) =>
        NclueTimestamp.Parse(sent, zone) is { } time ? Written(time) : null;

    /// <summary>Returns a time as a response has it.</summary>
    private static string Written(DateTimeOffset time) => JsonSerializer.SerializeToElement(time).GetString()!;
}
