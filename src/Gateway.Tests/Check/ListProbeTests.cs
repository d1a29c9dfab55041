using System.Text;
using System.Text.Json.Nodes;
using NclueGateway.Check;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Check;

/// <summary>What one response shows of the list as a whole: its order, its count, and rows without an id.</summary>
public sealed class ListProbeTests
{
    [Theory]
    [InlineData("c3 b2 a1", "Auto", "Fine", "The newest runs come first.")]
    [InlineData("c3 b2 a1", "NewestFirst", "Fine", "The newest runs come first.")]
    [InlineData("c3 b2 a1", "OldestFirst", "Failed", "The newest runs come first.")]
    [InlineData("a1 b2 c2", "Auto", "Fine", "The oldest runs come first.")]
    [InlineData("a1 b2 c3", "NewestFirst", "Failed", "The oldest runs come first.")]
    [InlineData("a1 b3 c2", "Auto", "Fine", "The times of creation show no order")]
    [InlineData("a1 b3 c2", "NewestFirst", "Warning", "The times of creation show no order")]
    [InlineData("a1 b1 c-", "NewestFirst", "Fine", "Too few times of creation")]
    [InlineData("", "NewestFirst", "NotChecked", "The response has no runs.")]
    public void The_order_that_times_of_creation_show_is_compared_with_the_setting(string rows, string order, string state, string words)
    {
        var seen = ListProbe.Of(Enum.Parse<NclueOrder>(order), Response(rows, 250));

        seen.State.ToString().ShouldBe(state);
        seen.Seen.ShouldStartWith(words);
    }

    [Theory]
    [InlineData(250, "total is 250 and can count the account.")]
    [InlineData(3, "total is 3 and does not count the account")]
    [InlineData(null, "There is no total")]
    public void A_total_that_cannot_count_the_account_is_named_and_is_no_fault(int? total, string words)
    {
        var seen = ListProbe.Of(NclueOrder.Auto, Response("c3 b2 a1", total));

        seen.State.ShouldBe(FindingState.Fine);
        seen.Seen.ShouldContain(words);
    }

    [Fact]
    public void Rows_that_callers_do_not_get_are_counted()
    {
        var seen = ListProbe.Of(NclueOrder.Auto, Response("c3 -2 c2 a1", 250));

        seen.State.ShouldBe(FindingState.Warning);
        seen.Seen.ShouldEndWith("2 of the rows have no id, or one that another row has.");
    }

    /// <summary>Returns a response with rows, each an id and a day of its time of creation; - for none.</summary>
    private static NormalizedResponse Response(string rows, int? total)
    {
        var runs = new JsonArray();
        foreach (var row in rows.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            runs.Add(new JsonObject
            {
                ["run_id"] = row[0] == '-' ? null : $"{row[0]}",
                ["created_at"] = row[1] == '-' ? null : $"2026-11-0{row[1]}T00:00:00",
            });
        }

        var body = new JsonObject { ["runs"] = runs, ["total"] = total }.ToJsonString();
        new TaskRunNormalizer(TimeZoneInfo.Utc, HelpLanguage.En).TryNormalize(Encoding.UTF8.GetBytes(body), out var response, out var error)
            .ShouldBeTrue(error);
        return response!;
    }
}
