using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;
using static NclueGateway.Tests.TaskRuns.Snapshot.IntakeExamples;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>What a response proves.</summary>
public sealed class RollReadingTests
{
    [Theory]
    [InlineData("c b a", "c-a")]
    [InlineData("c ? b a", "c-c+1 b-a")] // a hole
    [InlineData("c ? ? b", "c-c+2 b-b")]
    [InlineData("c x b", "c-c b-b")] // a run without a place: what stands between is not known
    [InlineData("c ? x b", "c-c b-b")]
    [InlineData("? c", "c-c")]
    public void Neighbours_without_a_hole_are_one_range(string slots, string expected) => Ranges(Of(Response(slots, 5))).ShouldBe(expected);

    [Theory]
    [InlineData("c b", "c-b+0")]
    [InlineData("c b ?", "c-b+1")]
    public void Behind_the_last_run_of_the_list_the_holes_are_known(string slots, string expected) =>
        Ranges(Of(Response(slots, 5, isShort: true))).ShouldBe(expected);

    [Fact]
    public void Runs_without_a_place_in_the_list_prove_nothing_about_what_stands_between()
    {
        var reading = Of(Response("c b ? a", isShort: true), isPlaced: false);

        Ranges(reading).ShouldBe("c-c b-b a-a");
        (reading.IsHead, reading.IsEnd, reading.Length).ShouldBe((false, false, null));
    }

    [Theory]
    [InlineData("? ? c b", 2)]
    [InlineData("c ?", 0)]
    [InlineData("? ?", 2)]
    public void The_head_of_the_list_tells_the_holes_before_its_first_run(string slots, int holes) =>
        Of(Response(slots)).HolesAtHead.ShouldBe(holes);

    [Fact]
    public void The_end_of_the_list_tells_its_length()
    {
        Of(Response("c ? b", firstRow: 7, isShort: true)).Length.ShouldBe(10);
        Of(Response("c ? b", firstRow: 7)).Length.ShouldBeNull();
    }

    [Fact]
    public void A_response_that_counted_a_removed_run_counts_nothing()
    {
        var response = Response("c b a", isShort: true) with { Total = 3 };

        var reading = RollReading.Of(response, [.. response.Slots.Take(2)], _ => true, isPlaced: true, isDisordered: false);

        (reading.Length, reading.Total).ShouldBe((null, null));
        Of(response).Total.ShouldBe(3);
    }

    [Theory]
    [InlineData("3 2 1", nameof(ListOrder.NewestFirst))]
    [InlineData("1 1 2", nameof(ListOrder.OldestFirst))]
    [InlineData("1 3 2", nameof(ListOrder.Unknown))]
    [InlineData("3 1 2", nameof(ListOrder.Unknown))]
    [InlineData("1 1", nameof(ListOrder.Unknown))]
    [InlineData("2 - 1", nameof(ListOrder.NewestFirst))] // a run without a time
    public void The_order_is_that_of_all_neighbours(string minutes, string expected)
    {
        var runs = minutes.Split(' ').Select((minute, number) => new SnapshotRun("{}"u8.ToArray(), new()
        {
            Id = $"{number}",
            Status = TaskRunStatus.Completed,
            CreatedAt = minute == "-" ? null : DateTimeOffset.UnixEpoch.AddMinutes(minute[0] - '0'),
        }));

        Of(new(0, [.. runs], false, 1, 0)).Order.ShouldBe(Enum.Parse<ListOrder>(expected));
    }

    private static RollReading Of(ListResponse response, bool isPlaced = true) =>
        RollReading.Of(response, [.. response.Slots], run => run.Id != "x", isPlaced, isDisordered: false);

    private static string Ranges(RollReading reading) => string.Join(' ', reading.Held.Select(range =>
        $"{range.First}-{range.Last}{(range.HolesBehind is { } holes ? $"+{holes}" : "")}"));
}
