using System.Net;
using Microsoft.Extensions.Logging.Testing;
using NclueGateway.Observability.Audit;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Observability;

/// <summary>The audit event of each request, from the HTTP request to the log event.</summary>
public sealed class AuditTests
{
    private static readonly string[] Properties =
        ["Kind", "Outcome", "Status", "Subject", "Client", "Route", "Index", "Limit", "Query", "Cache", "DurationMs", "TraceId"];

    [Fact]
    public async Task A_read_is_one_event_with_who_what_and_how()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250 });
        var page = await gateway.ReadAsync();
        await gateway.ReadAsync(10, 5);
        gateway.Client.DefaultRequestHeaders.Add("If-None-Match", page.Headers["ETag"]);
        await gateway.ReadAsync();
        using var bob = gateway.CreateClient("bob");
        var waiting = GatewayHost.ReadAsync(bob, 100);
        await gateway.UntilWaitingAsync(1);
        gateway.AdvanceOneInterval();
        await waiting;
        using (await SendAsync(bob, HttpMethod.Head, "/api/task-runs?limit=1"))
        {
        }

        var events = await EventsAsync(gateway);

        string[] properties = ["Kind", "Outcome", "Status", "Subject", "Client", "Route", "Index", "Limit", "Cache", "DurationMs"];
        events.Select(e => Text(e, properties)).ShouldBe(
        [
            "Read answered 200 reader dashboard /api/task-runs 0 20 Miss 0",
            "Read answered 200 reader dashboard /api/task-runs 10 5 Hit 0",
            "Read not-modified 304 reader dashboard /api/task-runs 0 20 Hit 0",
            "Read answered 200 bob dashboard /api/task-runs 100 20 Miss 1050",
            "Read answered 200 bob dashboard /api/task-runs 0 1 Hit 0",
        ], ignoreOrder: true);
        events.ShouldAllBe(e => e.Id.Id == 1 && e.Id.Name == "Read");
        events.ShouldAllBe(e => e.StructuredState!.Select(p => p.Key).Except(new[] { "{OriginalFormat}" }).SequenceEqual(Properties));
    }

    [Fact]
    public async Task A_refusal_is_one_event_with_the_slug_of_its_problem_and_nothing_the_caller_made_up()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Quota:Burst"] = "4", ["Quota:RequestsPerSecond"] = "1" });
        using var anonymous = gateway.CreateAnonymousClient();
        using var alice = gateway.CreateClient("alice");
        using var nobody = gateway.CreateAnonymousClient();
        nobody.DefaultRequestHeaders.Add("Authorization", "Bearer " + gateway.Issuer.Issue(token => token.Claims["scope"] = "canary"));
        using var late = gateway.CreateAnonymousClient();
        late.DefaultRequestHeaders.Add("Authorization", "Bearer " + gateway.Issuer.Issue(token => token.Claims["exp"] = 1));

        var responses = new List<PageResponse>();
        foreach (var (client, method, path) in new[]
        {
            (anonymous, HttpMethod.Get, "/api/task-runs?index=1&canary=canary"),
            (late, HttpMethod.Get, "/api/task-runs"),
            (nobody, HttpMethod.Get, "/api/task-runs?index=7"),
            (alice, HttpMethod.Get, "/api/task-runs?index=canary&limit=3"),
            (alice, HttpMethod.Delete, "/api/task-runs"),
            (alice, HttpMethod.Get, "/api/canary"),
            (alice, HttpMethod.Post, "/session/canary"),
            (alice, HttpMethod.Get, "/api/task-runs"),
            (alice, HttpMethod.Get, "/api/task-runs?limit=1"),
        })
        {
            using var response = await SendAsync(client, method, path);
            responses.Add(await PageResponse.ReadAsync(response));
        }

        var events = await EventsAsync(gateway);

        events.Select(e => Text(e, "Kind", "Outcome", "Status", "Subject", "Client", "Route", "Index", "Limit", "Cache")).ShouldBe(
        [
            "Refusal unauthenticated 401 - - /api/task-runs - - -",
            "Refusal unauthenticated 401 - - /api/task-runs - - -",
            "Refusal forbidden 403 alice dashboard /api/task-runs - - -",
            "Refusal invalid-request 400 alice dashboard /api/task-runs - - -",
            "Refusal method-not-allowed 405 alice dashboard - - - -",
            "Refusal not-found 404 alice dashboard - - - -",
            "Refusal not-found 404 alice dashboard - - - -",
            "Refusal caller-quota 429 alice dashboard /api/task-runs - - -",
            "Refusal caller-quota 429 alice dashboard /api/task-runs - - -",
        ], ignoreOrder: true); // an event is recorded after its response was sent
        events.ShouldAllBe(e => e.Id.Id == 2 && e.Id.Name == "Refusal");
        events.Select(e => e.GetStructuredStateValue("TraceId"))
            .ShouldBe(responses.Select(response => (string?)response.Json["traceId"]), ignoreOrder: true);
        events.Select(e => e.Message + string.Concat(e.StructuredState!)).ShouldAllBe(e => !e.Contains("canary") && !e.Contains("eyJ"));
    }

    [Fact]
    public async Task A_query_is_one_event_with_the_names_of_its_parameters_and_never_a_value()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(gateway.UntilShownAsync());
        var run = (string)(await SendAsync(gateway, "/api/task-runs?sort=name&limit=1")).Json["runs"]![0]!["id"]!;
        await SendAsync(gateway, "/api/task-runs?status=failed&status=completed&q=canary");
        await SendAsync(gateway, "/api/task-runs/summary?taskId=canary");
        await SendAsync(gateway, $"/api/task-runs/{run}");
        await SendAsync(gateway, "/api/status");
        await SendAsync(gateway, "/api/task-runs?q=canary&canary=1");

        var events = await EventsAsync(gateway);

        events.Select(e => Text(e, "Kind", "Route", "Index", "Limit", "Query", "RunId")).ShouldBe(
        [
            "Read /api/task-runs 0 1 sort 1, limit 1 -",
            "Read /api/task-runs 0 20 status 2, q 1 -",
            "Read /api/task-runs/summary - - taskId 1 -",
            $"Read /api/task-runs/{{id}} - - - {run}",
            "Read /api/status - - - -",
            "Refusal /api/task-runs - - - -",
        ], ignoreOrder: true);
        events.Select(e => e.Message + string.Concat(e.StructuredState!)).ShouldAllBe(e => !e.Contains("canary"));

        static async Task<PageResponse> SendAsync(GatewayHost gateway, string path) => await PageResponse.ReadAsync(
            await gateway.LetDepartUntilAsync(gateway.Client.GetAsync(path, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task A_page_that_cannot_be_had_is_one_event_with_what_was_asked_for()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Cache:WaitFor"] = "00:00:00" });
        (await gateway.ReadAsync(30, 3)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);

        var refusal = (await EventsAsync(gateway)).ShouldHaveSingleItem();

        Text(refusal, "Kind", "Outcome", "Status", "Subject", "Index", "Limit", "Cache")
            .ShouldBe("Refusal upstream-busy 503 reader 30 3 -");
    }

    [Fact]
    public async Task Requests_to_public_endpoints_are_not_audited()
    {
        await using var gateway = await GatewayHost.StartAsync();
        foreach (var path in new[]
        {
            "/", "/health/live", "/health/ready", "/problems", "/problems/x", "/openapi/v1.json", "/swagger/index.html", "/apis",
        })
        {
            using var response = await SendAsync(gateway.Client, HttpMethod.Get, path);
        }

        (await EventsAsync(gateway)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_can_neither_break_a_line_nor_fill_the_log()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var client = gateway.CreateClient("eve\r\n{\"Kind\":\"Read\"}\u2028\u202e" + new string('e', 5_000));
        await GatewayHost.ReadAsync(client);

        var read = (await EventsAsync(gateway)).ShouldHaveSingleItem();

        read.GetStructuredStateValue("Subject")!.ShouldMatch("^eve\ufffd\ufffd{\"Kind\":\"Read\"}\ufffd\ufffde{233}… #[0-9a-f]{32}$");
        read.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task People_whose_long_names_begin_alike_are_two()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var unit = "CN=" + new string('u', 300);
        foreach (var name in new[] { unit + "alice", unit + "mallory", "bo\u200bb", "bo\u200cb" })
        {
            using var client = gateway.CreateClient(name);
            await GatewayHost.ReadAsync(client);
        }

        (await EventsAsync(gateway)).Select(read => read.GetStructuredStateValue("Subject")).Distinct().Count().ShouldBe(4);
    }

    /// <summary>Stops the gateway and returns all events, without that of the host's first request.</summary>
    private static async Task<List<FakeLogRecord>> EventsAsync(GatewayHost gateway)
    {
        await gateway.StopAsync();
        return [.. gateway.Logs.GetSnapshot().Where(entry => entry.Category == AuditEvent.Category).Skip(1)];
    }

    private static string Text(FakeLogRecord entry, params string[] properties) =>
        string.Join(' ', properties.Select(property => entry.GetStructuredStateValue(property) ?? "-"));

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
