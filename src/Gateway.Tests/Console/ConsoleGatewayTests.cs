using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.TaskRuns.Snapshot;
using NclueGateway.Tests.TaskRuns.Status;

namespace NclueGateway.Tests.Console;

/// <summary>The page of the gateway itself, beside its status in the API.</summary>
public sealed class ConsoleGatewayTests
{
    private const string Path = "/console/gateway";

    [Fact]
    public async Task It_costs_no_request_to_NCLUE_and_does_not_begin_the_list()
    {
        await using var gateway = await GatewayHost.StartAsync();

        for (var interval = 0; interval < 50; interval++)
        {
            gateway.AdvanceOneInterval();
            (await gateway.OpenAsync(Path)).Field("Runs").ShouldBe("0");
        }

        gateway.Nclue.Arrivals.ShouldBeEmpty();
        (await gateway.StatusAsync())["snapshot"]!["state"]!.ToString().ShouldBe("off");
        (await gateway.OpenAsync(Path)).MainText.ShouldContain("Not read: no recent requests");
    }

    [Fact]
    public async Task It_shows_what_the_status_says()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Runs = 1_250 });
        var status = await gateway.StatusAsync();

        var page = await gateway.OpenAsync(Path);
        var korean = await gateway.OpenAsync(Path, headers: ("Accept-Language", "ko"));

        page.Texts("dd")[0].ShouldBe("Responds");
        page.Field("Runs").ShouldBe("1,250 of 1,250");
        page.Field("NCLUE's order").ShouldBe("newest first");
        page.Field("Replicas").ShouldBe("1");
        page.Field("Redis").ShouldBe("Not used");
        page.All("dd time").First().GetAttribute("datetime").ShouldBe(Seconds(status["snapshot"]!["asOf"]!));
        var minutes = status["departures"]!["perMinute"]!.AsArray().Select(count => (int?)count).Reverse().ToArray();
        page.Texts("details tbody td").ShouldBe(minutes.Select(count => count is { } known ? $"{known}" : "–"));
        page.All("svg.chart rect").Count().ShouldBe(60);
        korean.Texts("dd")[0].ShouldBe("정상 응답");
        korean.Field("Run 수").ShouldBe("1,250건 중 1,250건");

        static string Seconds(JsonNode time) => $"{(DateTimeOffset)time:yyyy-MM-ddTHH:mm:ss}Z";
    }

    [Theory]
    [InlineData(401, "Refuses the key")]
    [InlineData(500, "Failing")]
    [InlineData(429, "Paused")]
    public async Task It_says_what_is_wrong_and_names_no_caller_key_or_host(int status, string word)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new Fault
        {
            Status = status,
            Body = $$$"""{"error":{"message":"{{{GatewayHost.AccessKey}}} at {{{gateway.Nclue.BaseAddress}}}"}}""",
            Headers = status == 429 ? new Dictionary<string, string> { ["Retry-After"] = "90" } : [],
        };
        using var other = gateway.CreateClient("bob-canary");
        var read = GatewayHost.ReadAsync(other);
        await gateway.UntilFailingAsync();

        var page = await gateway.OpenAsync(Path);

        page.Text("dd .state").ShouldBe(word);
        page.Texts("dd .note").Contains("Nothing is sent for 1 min 30 s more.").ShouldBe(status == 429);
        page.One("dd .note[lang=en]").TextContent.ShouldBe((await gateway.StatusAsync()).Upstream().Detail);
        foreach (var secret in new[]
        {
            GatewayHost.AccessKey, GatewayHost.SecretKey, gateway.Nclue.BaseAddress.Host, gateway.Address.Host, gateway.Issuer.Address,
            "reader", "canary",
        })
        {
            page.Html.ShouldNotContain(secret);
        }

        gateway.Nclue.Fault = null;
        gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        await gateway.LetDepartUntilAsync(read);
    }

    [Fact]
    public async Task While_the_list_is_read_it_shows_how_far_that_is()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 1_000 });
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(state => state.Roll.Count > 0);

        var page = await gateway.OpenAsync(Path);

        page.MainText.ShouldContain("Being read");
        page.Field("Runs").ShouldMatch("^[1-9][0-9]{2} of 1,000$");
        page.Status.ShouldBe(HttpStatusCode.OK);
    }
}
