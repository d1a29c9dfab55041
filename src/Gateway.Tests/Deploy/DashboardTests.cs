using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using NclueGateway.Budget;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;
using NclueGateway.Tests.TaskRuns.Changes;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Deploy;

/// <summary>A gateway process with callers, and a real Prometheus that is asked what the dashboard and the alerts ask.</summary>
[Trait("Needs", "Processes")]
public sealed partial class DashboardTests(TestRedis redis)
{
    private const string Job = "gateway";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_panel_and_each_alert_has_data_and_each_metric_is_documented()
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        await using var nclue = await SimulatedNclue.StartAsync(
            new() { Keys = { ["AK"] = "SK" }, Runs = 350, NewRunEvery = TimeSpan.FromSeconds(2) }, Ct);
        var operations = new Uri($"http://127.0.0.1:{Nginx.FreePort()}");
        await using var gateway = await GatewayReplica.StartAsync(new Dictionary<string, string>
        {
            ["Nclue:BaseAddress"] = nclue.BaseAddress.AbsoluteUri,
            ["Nclue:AccessKey"] = "AK",
            ["Nclue:SecretKey"] = "SK",
            ["Nclue:Account"] = ReplicaSettings.NewAccount(),
            ["ConnectionStrings:Redis"] = await redis.ConnectionStringAsync(),
            ["Auth:Authority"] = issuer.Address,
            ["Auth:Audience"] = "gateway",
            ["Auth:RequireHttpsMetadata"] = "false",
            ["Cache:FreshFor"] = "00:00:03",
            ["Cache:ServeStaleFor"] = "00:00:00", // so that readers wait again and again
            ["Operations:Port"] = $"{operations.Port}",
            ["DOTNET_GCgen0size"] = "100000", // 1 MB: the size of the heap is that of the last collection
        });
        await using var prometheus = await Prometheus.StartAsync(Job, operations);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = gateway.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", issuer.Issue());
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var callers = Task.WhenAll(UseAsync(http, end.Token), ReadPagesAsync(http, end.Token));
        var variable = VariableQuery()
            .Match((string)Monitoring.Dashboard["templating"]!["list"]![1]!["definition"]!).Groups["metric"].Value;
        var queries = Monitoring.DashboardQueries
            .Select(query => query.Replace("$job", Job, StringComparison.Ordinal))
            .Select(query => query.Replace("$__rate_interval", "10s", StringComparison.Ordinal))
            .Concat(Monitoring.AlertQueries.Select(PromQuery.Parse)
                .SelectMany(query => query.Selectors).SelectMany(selector => selector.Alternatives()).Select(selector => $"{selector}"))
            .Append($"{variable}{{job=\"{Job}\"}}").ToHashSet();
        queries.Count.ShouldBeGreaterThan(80);

        await ReplicaSettings.EventuallyAsync(
            async () =>
            {
                foreach (var query in queries.ToList())
                {
                    _ = (await prometheus.QueryAsync(query)).Length > 0 && queries.Remove(query);
                }

                return string.Join('\n', queries.Append(callers.Exception?.ToString()));
            },
            missing => missing.Length == 0);

        foreach (var alert in Monitoring.AlertQueries)
        {
            await prometheus.QueryAsync(alert); // none is refused
        }

        var text = await http.GetStringAsync(new Uri(operations, "/metrics"), Ct);
        await end.CancelAsync();
        await callers;
        var documented = File.ReadLines(DeployedFiles.PathOf("docs/operations.md"))
            .Where(line => line.StartsWith("| `nclue_gateway_", StringComparison.Ordinal))
            .SelectMany(row => Name().Matches(row.Split('|')[1])).Select(name => name.Value);
        Name().Matches(text).Select(name => HistogramSuffix().Replace(name.Value, "")).Distinct()
            .ShouldBe(documented, ignoreOrder: true);
    }

    /// <summary>Reads pages of several blocks, until it is cancelled.</summary>
    private static async Task ReadPagesAsync(HttpClient http, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(block => http.AskAsync($"/api/task-runs?index={100 * block}&limit=20")));
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Ct);
        }
    }

    /// <summary>Uses all that has metrics of its own, until it is cancelled.</summary>
    private static async Task UseAsync(HttpClient http, CancellationToken cancellationToken)
    {
        await http.AskAsync("/api/task-runs?sort=name&partial=true"); // the list is not complete yet
        await using var reader = await EventReader.OpenAsync(http);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        while (!cancellationToken.IsCancellationRequested)
        {
            await using (var closed = await EventReader.OpenAsync(http))
            {
                await closed.NextAsync();
            }

            var page = await http.AskAsync("/api/task-runs?index=0&limit=20");
            var run = page.Ids()[0];
            foreach (var address in new[]
            {
                "/api/task-runs?sort=name", $"/api/task-runs/{run}", "/api/task-runs/summary", "/api/task-runs/changes?since=1-1-00000000",
                "/console", $"/console/runs/{run}", "/console/gateway",
            })
            {
                using var response = await http.GetAsync(new Uri(address, UriKind.Relative), Ct);
            }

            await pace.WaitForNextTickAsync(Ct);
        }
    }

    [GeneratedRegex("nclue_gateway_[a-z_]+")]
    private static partial Regex Name();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex HistogramSuffix();

    [GeneratedRegex(@"^label_values\((?<metric>\w+), job\)$")]
    private static partial Regex VariableQuery();
}
