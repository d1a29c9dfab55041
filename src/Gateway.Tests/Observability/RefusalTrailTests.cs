using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Observability.Audit;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Observability;

/// <summary>A flood of refusals in the audit is summarized and displaces no event of a signed-in caller.</summary>
public sealed class RefusalTrailTests
{
    private const int Flood = 20_000;

    [Fact]
    public async Task Refusals_of_strangers_are_single_first_and_then_counted_for_each_route_and_outcome()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var stranger = gateway.CreateAnonymousClient();
        for (var i = 0; i < RefusalTrail.MaxSingle + 3; i++)
        {
            await AskAsync(stranger, "/api/task-runs");
        }

        await AskAsync(stranger, "/api/elsewhere");
        await gateway.ReadAsync();
        gateway.Clock.Advance(RefusalTrail.Interval);
        await AskAsync(stranger, "/api/task-runs");

        var events = await EventsAsync(gateway);

        events.Count(e => Text(e) == "Refusal unauthenticated 401 /api/task-runs - -").ShouldBe(RefusalTrail.MaxSingle + 1);
        events.Select(Text).Where(e => !e.EndsWith("task-runs - -", StringComparison.Ordinal)).ShouldBe(
            [
                "Refusal unauthenticated 401 /api/task-runs 3 -",
                "Refusal not-found 404 - 1 -",
                "Read answered 200 /api/task-runs - reader",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public async Task Refusals_beyond_the_quota_are_counted_by_caller_and_all_others_of_callers_are_single()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Quota:Burst"] = "5", ["Quota:RequestsPerSecond"] = "1" });
        using var alice = gateway.CreateClient("alice");
        for (var i = 0; i < RefusalTrail.MaxSingle + 12; i++)
        {
            await AskAsync(alice, "/api/task-runs?limit=x");
        }

        var events = await EventsAsync(gateway); // counts are written at shutdown

        events.Count(e => Text(e) == "Refusal invalid-request 400 /api/task-runs - alice").ShouldBe(5);
        events.Count(e => Text(e) == "Refusal caller-quota 429 /api/task-runs - alice").ShouldBe(RefusalTrail.MaxSingle);
        events.Select(Text).ShouldContain("Refusal caller-quota 429 /api/task-runs 7 alice");
    }

    /// <summary>Checks that no event of a caller was dropped, and that the counts include all refusals.</summary>
    [Fact]
    public async Task A_flood_that_a_stuck_log_does_not_take_drops_nothing()
    {
        var time = new FakeTimeProvider();
        await using var logs = new WrittenLogs(new Dictionary<string, string?>());
        using var refusals = new RefusalTrail(logs.Services.GetRequiredService<ILoggerFactory>(), time);
        logs.Output.IsHeld = true;
        await refusals.StartAsync(TestContext.Current.CancellationToken);

        for (var i = 0; i < Flood; i++)
        {
            refusals.Record(new(new())
            {
                Kind = AuditKind.Refusal,
                Outcome = "unauthenticated",
                Status = 401,
                Route = i % 2 == 0 ? "/api/task-runs" : null,
            });
            if (i % 1_000 == 0)
            {
                time.Advance(RefusalTrail.Interval);
                logs.Audit("answered");
            }
        }

        logs.Output.IsHeld = false;
        await refusals.StopAsync(TestContext.Current.CancellationToken);

        var events = logs.Events();
        events.Count(e => e.GetProperty("Kind").GetString() == "Read").ShouldBe(Flood / 1_000);
        events.Where(e => e.GetProperty("Kind").GetString() == "Refusal")
            .Sum(e => e.TryGetProperty("Count", out var count) ? count.GetInt32() : 1).ShouldBe(Flood);
    }

    private static async Task AskAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
    }

    private static async Task<List<FakeLogRecord>> EventsAsync(GatewayHost gateway)
    {
        await gateway.StopAsync();
        return [.. gateway.Logs.GetSnapshot().Where(entry => entry.Category == AuditEvent.Category).Skip(1)];
    }

    private static string Text(FakeLogRecord entry) => string.Join(' ', new[] { "Kind", "Outcome", "Status", "Route", "Count", "Subject" }
        .Select(property => entry.StructuredState!.FirstOrDefault(pair => pair.Key == property).Value ?? "-"));
}
