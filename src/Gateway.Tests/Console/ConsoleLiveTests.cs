using System.Text;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.TaskRuns.Snapshot;
using static NclueGateway.Tests.Console.ConsoleHosts;

namespace NclueGateway.Tests.Console;

/// <summary>The board anew, for a reader who sees some rows already: they stay where they are.</summary>
public sealed class ConsoleLiveTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.FromHours(9));

    private GatewayHost _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await QueryHosts.StartCompleteAsync(
        [Run("d", 4), Run("c", 3), Run("b", 2), Run("a", 1)], ("Cache:FreshFor", "00:00:01"));

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Rows_stay_in_their_order_and_change_in_place_and_those_that_no_longer_match_are_marked()
    {
        var before = await _gateway.OpenAsync($"{Board}?status=in_progress");
        before.Rows.ShouldBe(["d", "c", "b", "a"]);
        await BecomeAsync(Run("e", 5), Run("d", 4), Run("c", 3, "completed"), Run("a", 1) with { Name = "renamed" }); // without b

        var after = await _gateway.OpenAsync(Shown($"{Board}?status=in_progress", before.Rows));

        after.Rows.ShouldBe(["d", "c", "b", "a"]);
        after.All("#rows > tr.gone").Select(row => row.GetAttribute("data-key")).ShouldBe(["c", "b"]);
        after.Texts("#rows > tr.gone th .note").ShouldBe(["no longer matches", "no longer matches"]);
        after.Texts("#rows > tr > td:nth-child(2)").ShouldBe(["In progress", "Available", "Deleted", "In progress"]);
        after.Texts("#rows > tr > th bdi").ShouldBe(["name of d", "name of c", "b", "renamed"]);
        after.Counts["in_progress"].ShouldBe(3); // e, d and a
        after.Text(".pill").ShouldBe("1 new");
        after.Attribute(".pill", "href").ShouldBe("/console?status=in_progress");
        after.All("a").Select(link => link.GetAttribute("href")).ShouldAllBe(href => !href!.Contains("shown"));
        (await _gateway.OpenAsync($"{Board}?status=in_progress")).Rows.ShouldBe(["e", "d", "a"]); // when the reader acts
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("sort=-createdAt", 2)]
    [InlineData("q=name", 2)]
    [InlineData("q=of", 0)] // no new run matches
    [InlineData("sort=createdAt", 0)]
    [InlineData("sort=name", 0)]
    [InlineData("sort=-completedAt", 0)]
    public async Task New_runs_are_counted_only_where_they_come_first(string query, int count)
    {
        var before = await _gateway.OpenAsync($"{Board}?{query}");
        await BecomeAsync(
            Run("f", 6) with { Name = "name 6" }, Run("e", 5) with { Name = "name 5" }, Run("d", 4), Run("c", 3), Run("b", 2), Run("a", 1));

        var after = await _gateway.OpenAsync(Shown($"{Board}?{query}", before.Rows));

        after.Texts(".pill").ShouldBe(count == 0 ? [] : [$"{count} new"]);
        after.Rows.ShouldBe(before.Rows);
        (await _gateway.OpenAsync($"{Board}?{query}")).All(".pill").ShouldBeEmpty(); // a page that was just loaded has them all
    }

    [Fact]
    public async Task A_board_without_rows_gets_the_first_ones()
    {
        var before = await _gateway.OpenAsync($"{Board}?status=failed");
        before.Rows.ShouldBeEmpty();
        await BecomeAsync(Run("d", 4, "failed"), Run("c", 3), Run("b", 2), Run("a", 1));

        var after = await _gateway.OpenAsync(Shown($"{Board}?status=failed", []));

        after.Rows.ShouldBe(["d"]);
        after.All(".pill").ShouldBeEmpty();
    }

    [Fact]
    public async Task Ids_that_a_reader_makes_up_are_shown_as_deleted_runs_and_only_a_page_of_them()
    {
        string[] made = ["<b>", "a", .. Enumerable.Range(0, 100).Select(n => $"made-up-{n}")];

        var page = await _gateway.OpenAsync(Shown(Board, made));

        page.Rows.ShouldBe(made.Take(50));
        page.Html.ShouldNotContain("<b>&");
        page.All("#rows b").ShouldBeEmpty();
    }

    [Fact]
    public async Task Live_requests_of_a_position_that_is_no_longer_kept_go_on_with_the_newest_version()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(
            new() { Runs = 150 }, ("Cache:FreshFor", "00:00:01"), ("Snapshot:CursorsFor", "00:00:10"));
        var first = await gateway.OpenAsync(Board);
        var second = await gateway.OpenAsync(first.Next!);
        await ChangeAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(12));
        await ChangeAsync();

        var page = await gateway.OpenAsync(Shown(first.Next!, second.Rows));

        page.Rows.ShouldBe(second.Rows);
        page.All(".notice, .pill").ShouldBeEmpty();

        async Task ChangeAsync()
        {
            var before = gateway.Snapshot().State.Version;
            gateway.Nclue.Runs.Prepend(1);
            await gateway.LetDepartUntilAsync(state => state.Version != before);
        }
    }

    private static ListedRun Run(string id, int hour, string status = "in_progress") => new(id)
    {
        Name = $"name of {id}",
        Status = new(status, status),
        CreatedAt = ListedRun.At(Start.AddHours(hour)),
    };

    private static string Shown(string address, IEnumerable<string> rows) =>
        address + (address.Contains('?') ? "&" : "?")
        + string.Join('&', rows.Select(id => $"shown={Uri.EscapeDataString(id)}"));

    /// <summary>Changes the list of the upstream, and waits until the gateway has it.</summary>
    private async Task BecomeAsync(params ListedRun[] runs)
    {
        _gateway.Nclue.Rows = [.. runs.Select(run => run.Row)];
        await _gateway.LetDepartUntilAsync(state => state.Roll.IsComplete && state.Roll.Count == runs.Length
            && state.Roll.From(0).All(entry => runs.Any(run => IsThatOf(run, Encoding.UTF8.GetString(entry.Run.Json.Span)))));

        static bool IsThatOf(ListedRun run, string json) => json.Contains($"\"id\":\"{run.Id}\"", StringComparison.Ordinal)
            && json.Contains($"\"name\":\"{run.Name}\"", StringComparison.Ordinal)
            && json.Contains($"\"status\":\"{run.Status.Meant}\"", StringComparison.Ordinal);
    }
}
