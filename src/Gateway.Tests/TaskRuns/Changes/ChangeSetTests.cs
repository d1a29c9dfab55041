using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NclueGateway.TaskRuns.Changes;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.TaskRuns.Snapshot;
using static NclueGateway.Tests.TaskRuns.Snapshot.IntakeExamples;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>The difference of two versions.</summary>
public sealed class ChangeSetTests
{
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void Applying_the_changes_of_each_version_gives_the_next_one()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var versions = new ListVersions(seed);
            var before = versions.Next(creations: seed % 2 == 0 ? 600 : 5);
            var client = ContentOf(before.State.Roll);
            for (var step = 0; step < 20; step++)
            {
                var after = versions.Next(creations: 5);

                Apply(client, ChangeSet.Of(before, after)!);

                client.ShouldBe(ContentOf(after.State.Roll), ignoreOrder: true, $"seed {seed}, step {step}");
                before = after;
            }
        }
    }

    [Fact]
    public void The_text_does_not_depend_on_what_two_versions_share()
    {
        var versions = new ListVersions(seed: 19);
        var before = versions.Next(creations: 600);
        for (var step = 0; step < 20; step++)
        {
            var after = versions.Next(creations: 5);

            var elsewhere = ChangeSet.Of(Copy(before), Copy(after))!; // as a replica has them that has loaded a checkpoint

            Text(elsewhere.Message.Bytes).ShouldBe(Text(ChangeSet.Of(before, after)!.Message.Bytes));
            before = after;
        }

        static ReadableSnapshot Copy(ReadableSnapshot version)
        {
            var roll = version.State.Roll;
            var copy = new Roll(RollEntries.Of(roll.From(0)), roll.Version, roll.HasGapAtHead, roll.Removed, roll.Traits);
            return ListVersions.Version(roll.Version, copy);
        }
    }

    [Fact]
    public void It_tells_deletions_first_and_then_the_others_in_the_order_of_the_list()
    {
        var before = ListVersions.Version(7, Complete("e d c b a"));
        var after = ListVersions.Version(8, Complete("g f d:new c a"));

        var changes = ChangeSet.Of(before, after)!;

        const string Json = """{"total":5,"complete":true,"changes":["""
            + """{"type":"deleted","id":"e","run":null},{"type":"deleted","id":"b","run":null},"""
            + """{"type":"created","id":"g","run":g},{"type":"created","id":"f","run":f},{"type":"updated","id":"d","run":d:new}]}""";
        Text(changes.Message.Bytes).ShouldBe($"event: changes\ndata: {Json}\nid: 1-8-00000008\n\n");
        Text(changes.Message.Json).ShouldBe(Json);
        changes.Count.ShouldBe(5);
        $"{ChangeSet.BeginBody(5)}{Text(changes.Items)}]}}".ShouldBe(Json);
    }

    /// <summary>A new run may be as old as the read of the edge, 1 here, and a new state as the last read of the run, 5 here.</summary>
    [Theory]
    [InlineData("c b a:done", 1L)]
    [InlineData("b:new a:done", 5L)]
    [InlineData("c b:new a:done", 1L)]
    [InlineData("b a:done2", null)]
    [InlineData("b", null)]
    public void It_knows_how_old_new_runs_and_states_may_be(string rows, long? since)
    {
        var before = Complete("b a:done").Taking(Response("b a:done", departure: 5));
        var after = before.Taking(Response(rows, isShort: true, departure: 9));

        ChangeSet.Of(ListVersions.Version(1, before), ListVersions.Version(2, after))!.UnseenSince.ShouldBe(since);
    }

    [Fact]
    public void A_version_with_other_places_and_the_same_runs_has_no_changes()
    {
        var changes = ChangeSet.Of(ListVersions.Version(1, Complete("c b a")), ListVersions.Version(2, Complete("b c a")))!;

        (changes.Count, Text(changes.Items)).ShouldBe((0, ""));
    }

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(1_001, false)]
    public void There_are_at_most_1000_changes(int created, bool isTold)
    {
        var after = Complete(string.Join(' ', Enumerable.Range(0, created).Select(number => $"r{number}")) + " a");

        (ChangeSet.Of(ListVersions.Version(1, Complete("a")), ListVersions.Version(2, after)) is not null).ShouldBe(isTold);
    }

    [Fact]
    public void Nothing_is_told_of_a_list_with_gaps()
    {
        var complete = ListVersions.Version(1, Complete("c b a"));
        var incomplete = ListVersions.Version(2, Complete("c b a").Taking(Response("n b", 1)));

        ChangeSet.Of(complete, incomplete).ShouldBeNull();
        ChangeSet.Of(incomplete, complete).ShouldBeNull();
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static Dictionary<string, string> ContentOf(Roll roll) =>
        roll.From(0).ToDictionary(entry => entry.Run.Id, entry => Encoding.UTF8.GetString(entry.Run.Json.Span));

    private static void Apply(Dictionary<string, string> client, ChangeSet changes)
    {
        var message = JsonNode.Parse(changes.Message.Json.Span)!;
        foreach (var change in message["changes"]!.AsArray())
        {
            var id = (string)change!["id"]!;
            switch ((string?)change["type"])
            {
                case "created":
                    client.ShouldNotContainKey(id);
                    client[id] = change["run"]!.ToJsonString(Unescaped);
                    break;
                case "updated":
                    client.ShouldContainKey(id);
                    client[id] = change["run"]!.ToJsonString(Unescaped);
                    break;
                default:
                    change["run"].ShouldBeNull();
                    client.Remove(id).ShouldBeTrue();
                    break;
            }
        }

        ((int?)message["total"]).ShouldBe(client.Count);
    }
}
