using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NclueGateway.Client;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Sandbox;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.Upstream;
using static NclueGateway.Tests.Clients.CSharpClientResponseTests;

namespace NclueGateway.Tests.Clients;

/// <summary>The status of the gateway, read by the C# client.</summary>
public sealed class CSharpClientStatusTests
{
    private readonly TimerWatch _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_that_of_the_gateway()
    {
        await using var gateway = await QueryHosts.StartSimulatedAsync(new() { Frozen = true, Runs = 90 });
        var client = new NclueGatewayClient(gateway.Client, _time);

        var status = await client.GetStatusAsync(Token);

        (status.Upstream, status.Detail, status.PausedForSeconds, status.Streams, status.Replicas, status.Redis)
            .ShouldBe((UpstreamState.Ok, null, 0, 0, 1, RedisAvailability.None));
        (status.Departures.LastMinute, status.Departures.MostPerMinute, status.Departures.PerMinute.Count).ShouldBe((null, 57, 60));
        (status.Snapshot.State, status.Snapshot.Runs, status.Snapshot.ExpectedTotal, status.Snapshot.Order)
            .ShouldBe((SnapshotStage.Complete, 90, 90, SnapshotOrder.OldestFirst));
        (status.Snapshot.AsOf, status.Snapshot.SweptAt).ShouldSatisfyAllConditions(
            times => times.AsOf.ShouldNotBeNull(), times => times.SweptAt!.Value.ShouldBeLessThanOrEqualTo(times.AsOf!.Value));
    }

    [Fact]
    public async Task A_failure_of_NCLUE_is_a_status_and_no_exception()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new Fault { Status = 403 };
        await gateway.ReadAsync();

        var status = await new NclueGatewayClient(gateway.Client, _time).GetStatusAsync(Token);

        status.Upstream.ShouldBe(UpstreamState.Credentials);
        status.Detail!.ShouldContain("the key has no permission for NCLUE");
    }

    [Fact]
    public async Task It_is_read_as_the_gateway_describes_it()
    {
        var json = Example();
        await using var server = Start(json);

        var status = await new NclueGatewayClient(Network(server, "/nclue/"), _time).GetStatusAsync(Token);

        var text = JsonSerializer.Serialize(status, JsonSerializerOptions.Web);
        JsonNode.DeepEquals(JsonNode.Parse(text), json).ShouldBeTrue(text);
        server.Requests.ShouldHaveSingleItem().ShouldStartWith("GET /nclue/api/status HTTP");
    }

    [Fact]
    public async Task Words_of_a_later_gateway_are_unknown()
    {
        var json = Example();
        (json["upstream"], json["redis"]) = ("resting", "elsewhere");
        (json["snapshot"]!["state"], json["snapshot"]!["order"]) = ("asleep", "by-name");
        await using var server = Start(json);

        var status = await new NclueGatewayClient(Network(server), _time).GetStatusAsync(Token);

        (status.Upstream, status.Redis, status.Snapshot.State, status.Snapshot.Order)
            .ShouldBe((UpstreamState.Unknown, RedisAvailability.Unknown, SnapshotStage.Unknown, SnapshotOrder.Unknown));
    }

    [Theory]
    [InlineData("departures")]
    [InlineData("snapshot")]
    [InlineData("replicas")]
    public async Task A_part_that_is_missing_is_not_zero(string part)
    {
        var json = Example();
        json.Remove(part);
        await using var server = Start(json);

        var failure = await Should.ThrowAsync<NclueGatewayException>(
            new NclueGatewayClient(Network(server), _time).GetStatusAsync(Token));

        failure.HttpRequestError.ShouldBe(HttpRequestError.InvalidResponse);
    }

    /// <summary>Returns the example in the description of the API.</summary>
    private static JsonObject Example() =>
        PublishedContract.Document["paths"]!["/api/status"]!["get"]!["responses"]!["200"]!["content"]!["application/json"]!
            ["examples"]!["paused"]!["value"]!.DeepClone().AsObject();

    private static RawUpstream Start(JsonObject json) =>
        RawUpstream.Start(RawUpstream.Http(200, Encoding.UTF8.GetBytes(json.ToJsonString()), "Content-Type: application/json"));
}
