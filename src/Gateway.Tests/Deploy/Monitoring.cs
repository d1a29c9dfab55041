using System.Text.Json.Nodes;

namespace NclueGateway.Tests.Deploy;

/// <summary>The alerts and the dashboard of the repository.</summary>
internal static class Monitoring
{
    public static JsonNode[] Alerts { get; } =
        [
            .. DeployedFiles.ReadYaml("deploy/prometheus/alerts.yml")["groups"]!
            .AsArray()
            .Single()!["rules"]!
            .AsArray()
            .Select(rule => rule!),
        ];

    public static JsonNode Dashboard { get; } = JsonNode.Parse(
        File.ReadAllText(DeployedFiles.PathOf("deploy/grafana/nclue-gateway.json")))!;

    /// <summary>The panels of the dashboard: charts, and the headings of their rows.</summary>
    public static JsonNode[] Panels { get; } = [.. Dashboard["panels"]!.AsArray().Select(panel => panel!)];

    public static IEnumerable<JsonNode> Charts => Panels.Where(panel => (string)panel["type"]! != "row");

    public static IEnumerable<string> AlertQueries => Alerts.Select(alert => (string)alert["expr"]!);

    public static IEnumerable<string> DashboardQueries =>
        Charts.SelectMany(chart => chart["targets"]!.AsArray()).Select(target => (string)target!["expr"]!);
}
