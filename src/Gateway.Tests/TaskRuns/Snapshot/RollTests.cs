using System.Globalization;
using System.Runtime.InteropServices;
using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.Tests.TaskRuns.Snapshot.IntakeExamples;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>A roll of many runs, and its chunks.</summary>
public sealed class RollTests
{
    private static readonly string[] Ids = [.. Enumerable.Range(0, 3_000).Select(id => id.ToString(CultureInfo.InvariantCulture))];

    [Fact]
    public void A_change_gives_what_the_same_change_of_a_plain_list_gives()
    {
        var random = new Random(1);
        var list = Ids.ToList();
        var roll = Complete(string.Join(' ', list));
        for (var step = 0; step < 300; step++)
        {
            var first = random.Next(list.Count - 100);
            var removed = list[first + 1 + random.Next(20)];
            list.Remove(removed);
            list.Insert(first + 30 + random.Next(20), $"new{step}");
            roll = roll.Taking(Response(
                string.Join(' ', list[first..(first + 100)]), first, departure: step + 2, since: roll.Version));

            roll.From(0).Select(entry => entry.Run.Id).ShouldBe(list);
            roll.Count.ShouldBe(list.Count);
            CheckSums(roll, since: random.Next(step + 3));
        }

        roll.Find(list).ShouldBe(list.Index().ToDictionary(entry => entry.Item, entry => entry.Index), ignoreOrder: true);
        roll.At(1_234).Run.Id.ShouldBe(list[1_234]);
        roll.From(1_234).First().Run.Id.ShouldBe(list[1_234]);
        roll.From(list.Count).ShouldBeEmpty();
        roll.Find(["nowhere"]).ShouldBeEmpty();
    }

    [Fact]
    public void Sums_count_gaps_holes_and_unfinished_runs_wherever_they_are()
    {
        var random = new Random(2);
        var roll = Roll.Unknown.Taking(Response(string.Join(' ', Ids.Select(id => $"{id}:done"))));
        for (var step = 0; step < 300; step++)
        {
            var first = random.Next(roll.Count - 100);
            var slots = roll.From(first).Take(100).Select(entry => $"{entry.Run.Id}:{(random.Next(20) == 0 ? "1" : "done")}").ToList();
            slots.Insert(50, step % 2 == 0 ? "?" : $"new{step}:done");
            roll = roll.Taking(Response(string.Join(' ', slots), first, departure: step + 200, since: roll.Version));

            CheckSums(roll, since: random.Next(step + 3));
        }
    }

    [Fact]
    public void A_run_of_the_roll_does_not_keep_its_response_in_memory()
    {
        var response = Response("b a");
        var whole = new byte[10_000];
        var run = Run("c", "c", isFinished: true) with { Json = whole.AsMemory(500, 100) };
        var roll = Complete("b a").Taking(response with { Slots = [run, .. response.Slots] });

        MemoryMarshal.TryGetArray(roll.At(0).Run.Json, out var own).ShouldBeTrue();
        own.Array!.Length.ShouldBe(100);
    }

    [Fact]
    public void A_version_keeps_its_runs_when_the_next_ones_change()
    {
        var one = Complete("b a:1");
        var next = one.Taking(Response("c a:2", isShort: true));

        one.Text().ShouldBe("b a:1");
        next.Text().ShouldBe("c a:2");
        (one.Version, next.Version).ShouldBe((1, 2));
    }

    [Fact]
    public void An_entry_has_the_versions_that_first_held_its_run_and_its_value()
    {
        var roll = Complete("b a:1").Taking(Response("b a:2", departure: 7));

        roll.From(0).Select(entry => (entry.Run.Id, entry.FirstHeld, entry.Version, entry.Departure))
            .ShouldBe([("b", 1, 1, 1), ("a", 1, 2, 7)]);
    }

    [Theory]
    [InlineData("x", "a")]
    [InlineData("a", "x")]
    [InlineData("a", "b")] // in the wrong order
    public void A_change_of_another_version_is_refused(string left, string right) =>
        Should.Throw<InvalidOperationException>(() => Complete("b a").Apply(new(new(left, false, [], right), [])));

    [Fact]
    public void A_change_that_places_a_run_without_its_row_is_refused() =>
        Should.Throw<InvalidOperationException>(() => Complete("b a").Apply(new(new("b", false, [new("n", false)], "a"), [])));

    /// <summary>Checks the sums of a roll against a look at each of its runs.</summary>
    private static void CheckSums(Roll roll, long since)
    {
        var entries = roll.From(0).ToList();
        roll.IsComplete.ShouldBe(!roll.HasGapAtHead && !entries.Exists(entry => entry.HasGapBehind));
        roll.SweptAt.ShouldBe(entries.Select(entry => entry.LastHeld).Append(roll.Traits.EdgeReadAt).Min());
        roll.ReadAt().ShouldBe(roll.IsComplete
            ? entries.Where(entry => !entry.Run.IsFinished).Select(entry => entry.LastHeld).Append(roll.Traits.EdgeReadAt).Min()
            : entries.Min(entry => entry.LastHeld));
        roll.CountAt(since).ShouldBe((
            roll.Traits.HolesAtHead + entries.Sum(entry => entry.HolesBehind) + entries.Count(entry => entry.FirstHeld <= since),
            entries.Count(entry => entry.FirstHeld > since)));
    }
}
