using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using NclueGateway.Hosting;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.TaskRuns.Snapshot;
using static NclueGateway.Tests.Console.ConsoleHosts;

namespace NclueGateway.Tests.Console;

/// <summary>The board at an expired position, and while the list is being read, old or too long.</summary>
public sealed class ConsoleBoardStateTests
{
    [Fact]
    public async Task A_position_whose_version_is_gone_shows_the_first_page_and_a_note()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(
            new() { Runs = 150 }, ("Cache:FreshFor", "00:00:01"), ("Snapshot:CursorsFor", "00:00:10"));
        var first = await gateway.OpenAsync($"{Board}?sort=name");
        await ChangeAsync();
        (await gateway.OpenAsync(first.Next!)).All(".notice").ShouldBeEmpty();
        gateway.Clock.Advance(TimeSpan.FromSeconds(12));
        await ChangeAsync();

        var expired = await gateway.OpenAsync(first.Next!);

        expired.Texts(".notice").ShouldBe(["That page has expired. This is the first page of the current list."]);
        expired.Rows.ShouldBe((await gateway.OpenAsync($"{Board}?sort=name")).Rows);
        expired.Previous.ShouldBeNull();
        (await gateway.OpenAsync(expired.Next!)).Previous.ShouldNotBeNull();

        async Task ChangeAsync()
        {
            var before = gateway.Snapshot().State.Version;
            gateway.Nclue.Runs.Prepend(1);
            await gateway.LetDepartUntilAsync(state => state.Version != before);
        }
    }

    [Fact]
    public async Task While_the_list_is_read_the_board_shows_the_known_runs_and_the_progress()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 1_000 });

        var first = await gateway.OpenAsync(Board);
        first.Text("#state b").ShouldBe("Reading");
        first.One("#notices .notice").TextContent.ShouldContain("The list is being read for the first time.");
        await gateway.LetDepartUntilAsync(state => state.Roll.Count > 0);
        var partial = await gateway.OpenAsync(Board);
        await gateway.CompleteAsync();
        var whole = await gateway.OpenAsync(Board);

        partial.Text("#state b").ShouldBe("Reading");
        partial.Rows.Length.ShouldBe(50);
        var known = partial.Counts["all"];
        known.ShouldBeInRange(100, 900);
        partial.Text("#notices .notice").ShouldContain($"{known} of 1,000 runs so far");
        (partial.Attribute("progress", "value"), partial.Attribute("progress", "max")).ShouldBe(($"{known}", "1000"));
        whole.Text("#state b").ShouldBe("Up to date");
        whole.All(".notice").ShouldBeEmpty();
        whole.Counts["all"].ShouldBe(1_000);
    }

    [Fact]
    public async Task While_NCLUE_fails_the_board_keeps_the_last_copy_says_how_old_it_is_and_ends_with_a_page_that_explains()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 }, ("Cache:KeepFor", "00:10:00"));
        gateway.Nclue.Fault = new() { Status = 500 };
        gateway.Clock.Advance(TimeSpan.FromSeconds(70));
        await gateway.UntilFailingAsync();

        var old = await gateway.OpenAsync(Board);

        old.Text("#state b").ShouldBe("NCLUE unreachable");
        old.Text("#notice .notice").ShouldStartWith("NCLUE cannot be reached. This is the last copy of the list");
        old.Rows.Length.ShouldBe(50);
        var asOf = gateway.Clock.GetUtcNow().AddSeconds(-int.Parse(old.Headers["Age"]));
        DateTimeOffset.Parse(old.Attribute("#as-of", "datetime")!).ShouldBeInRange(asOf.AddSeconds(-1), asOf.AddSeconds(1));
        for (var minute = 0; minute < 11; minute++)
        {
            gateway.Clock.Advance(TimeSpan.FromMinutes(1));
            await gateway.UntilFailingAsync();
        }

        var over = await gateway.OpenAsync(Board, HttpStatusCode.BadGateway);
        over.Text("h1").ShouldBe("NCLUE cannot be reached");
        over.All("main code").ShouldHaveSingleItem(); // the number by which operators find the request
    }

    [Fact]
    public async Task Each_page_is_counted_once_and_as_a_query_too_if_it_has_runs()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([new("a")]);
        var meters = gateway.Services.GetRequiredService<IMeterFactory>();
        using var queries = new MetricCollector<long>(meters, GatewayTelemetry.Name, "nclue_gateway.queries");
        using var durations = new MetricCollector<double>(meters, GatewayTelemetry.Name, "nclue_gateway.query.duration");
        using var pages = new MetricCollector<double>(meters, GatewayTelemetry.Name, "nclue_gateway.console.page.duration");
        await gateway.OpenAsync(Board);
        await gateway.OpenAsync($"{Board}?shown=a", headers: ("Sec-Fetch-Mode", "cors"));
        await gateway.OpenAsync("/console/runs/a");
        await gateway.OpenAsync("/console/gateway");
        await gateway.OpenAsync($"{Board}?x=1", HttpStatusCode.BadRequest);
        await gateway.LetDepartUntilAsync(gateway.OpenAnyAsync("/console/runs/unknown"));

        queries.GetMeasurementSnapshot().Select(counted => $"{counted.Tags["operation"]} {counted.Tags["outcome"]} {counted.Value}")
            .ShouldBe(["console hit 1", "console hit 1", "console hit 1", "console not-found 1"]);
        durations.GetMeasurementSnapshot().ShouldBeEmpty();
        pages.GetMeasurementSnapshot().Select(page => $"{page.Tags["page"]} {page.Tags["kind"]}").ShouldBe(
        [
            "board navigation", "board refresh", "run navigation", "gateway navigation", "board navigation", "run navigation",
        ]);
    }

    [Fact]
    public async Task A_list_that_is_too_long_is_explained()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 250 }, QueryHosts.Settings(("Snapshot:MaxRuns", "200")));
        await gateway.OpenAsync(Board);
        await gateway.LetDepartUntilAsync(state => state.Roll.Count > 0);

        var page = await gateway.OpenAsync(Board, HttpStatusCode.NotImplemented);

        page.Text("h1").ShouldBe("The list is too long");
        page.MainText.ShouldContain("Snapshot:MaxRuns");
    }
}
