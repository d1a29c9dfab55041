using System.Globalization;
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
        }

        roll.Find(list).ShouldBe(list.Index().ToDictionary(entry => entry.Item, entry => entry.Index), ignoreOrder: true);
        roll.At(1_234).Run.Id.ShouldBe(list[1_234]);
        roll.From(1_234).First().Run.Id.ShouldBe(list[1_234]);
        roll.From(list.Count).ShouldBeEmpty();
        roll.Find(["nowhere"]).ShouldBeEmpty();
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
}
