using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NclueGateway.Tests.Deploy;

/// <summary>
/// The alerts, their runbook and the dashboard. The behaviour of the alerts is tested by promtool
/// (deploy/prometheus/alerts.test.yml).
/// </summary>
public sealed partial class MonitoringTests
{
    private const string Runbook = "https://example.com/nclue-gateway/docs/operations.md#";

    private static readonly JsonNode[] Alerts = Monitoring.Alerts;
    private static readonly JsonNode Dashboard = Monitoring.Dashboard;

    [Theory]
    [InlineData("""sum by (job, kind) (rate(a_total{b="1",c=~"x|y"}[5m])) / 2.5e3 > bool 0.05""", "a_total{b=\"1\",c=~\"x|y\"}", "kind")]
    [InlineData("""count(a == 0) and on (job) max_over_time(b:c[1h:5m] offset 5m) unless d""", "a{} b:c{} d{}", "")]
    [InlineData("""a{le=~"120([.]0)?",x!~"/y.*|}"} or vector(1 / 1.05)""", "a{le=~\"120([.]0)?\",x!~\"/y.*|}\"}", "")]
    public void A_query_s_series_are_told_from_all_else_in_it(string query, string selectors, string groups)
    {
        var parsed = PromQuery.Parse(query);

        string.Join(' ', parsed.Selectors).ShouldBe(selectors);
        string.Join(' ', parsed.Groups).ShouldBe(groups);
    }

    [Theory]
    [InlineData("reads_total", "")]
    [InlineData("sum by (outcome) (reads_total{outcome=\"hit\",job=\"any\"})", "")]
    [InlineData("reads_total{outcome=~\"(hit|miss)\"}", "reads_total{outcome=~\"miss\"}")]
    [InlineData("reads_total{outcome=\"hits\"}", "reads_total{outcome=\"hits\"}")]
    [InlineData("rate(reads[5m])", "reads{}")]
    [InlineData("reads_total{class!=\"hit\"}", "reads_total{class!=\"hit\"}")]
    [InlineData("sum by (class) (reads_total)", "class")]
    public void What_is_not_read_out_is_missed(string query, string missing)
    {
        var samples = PromQuery.ReadSamples(
            "# TYPE reads_total counter\nreads_total{otel_scope_name=\"N\",outcome=\"hit\"} 3 1700000000000\nup 1\n");

        string.Join(' ', PromQuery.Parse(query).MissingIn(samples)).ShouldBe(missing);
    }

    [Fact]
    public void Every_alert_has_a_section_that_says_what_to_do_and_every_section_has_an_alert()
    {
        var document = File.ReadAllText(DeployedFiles.PathOf("docs/operations.md"));
        var sections = document.Split("\n## Alerts\n")[1].Split("\n## ")[0].Split("\n### ")[1..];

        sections.Select(section => section.Split('\n')[0]).ShouldBe(Alerts.Select(alert => (string)alert["alert"]!));
        foreach (var section in sections)
        {
            foreach (var part in new[] { "\n* **Callers see**", "\n* **Look at**", "\n* **Do**" })
            {
                section.ShouldContain(part);
            }
        }

        foreach (var alert in Alerts)
        {
            // GitHub's anchor of a heading with one word.
            alert["annotations"]!["runbook_url"]!.ToString().ShouldBe(Runbook + ((string)alert["alert"]!).ToLowerInvariant());
        }

        document.ShouldContain($"sed 's#{Runbook.TrimEnd('#')}#");
    }

    [Fact]
    public void Every_alert_says_how_urgent_it_is_and_for_which_installation()
    {
        foreach (var alert in Alerts)
        {
            var name = (string)alert["alert"]!;
            alert["labels"]!["severity"]!.ToString().ShouldBeOneOf("page", "ticket");
            alert["annotations"]!["summary"]!.ToString().ShouldNotBeEmpty(name);
            alert["annotations"]!["description"]!.ToString().ShouldEndWith(".");
            if (name != "NclueGatewayGone")
            {
                alert["expr"]!.ToString().ShouldContain("by (job)", customMessage: name);
                alert["annotations"]!["summary"]!.ToString().ShouldContain("{{ $labels.job }}", customMessage: name);
            }
        }
    }

    [Fact]
    public void Every_alert_is_tested_both_ways()
    {
        var tests = DeployedFiles.ReadYaml("deploy/prometheus/alerts.test.yml")["tests"]!
            .AsArray()
            .SelectMany(test => test!["alert_rule_test"]!.AsArray())
            .ToList();

        foreach (var alert in Alerts.Select(alert => (string)alert["alert"]!))
        {
            var fires = tests.Where(test => (string)test!["alertname"]! == alert)
                .Select(test => test!["exp_alerts"]!.AsArray().Count > 0)
                .ToList();
            fires.ShouldContain(true, alert);
            fires.ShouldContain(false, alert);
        }
    }

    [Fact]
    public void The_dashboard_uses_the_chosen_data_source_and_job_and_has_no_owner()
    {
        Dashboard["templating"]!["list"]!.AsArray().Select(variable => (string)variable!["name"]!).ShouldBe(["datasource", "job"]);
        Dashboard["id"].ShouldBeNull();
        Monitoring.Panels.ShouldAllBe(panel => panel["id"] == null);
        Monitoring.Charts.ShouldAllBe(chart => (string)chart["datasource"]!["uid"]! == "${datasource}");
        foreach (var query in Monitoring.DashboardQueries)
        {
            PromQuery.Parse(query).Selectors
                .ShouldAllBe(
                    selector => selector.Matchers.Any(matcher => matcher.Label == "job" && matcher.Value == "$job"),
                    query);
        }
    }

    [Fact]
    public void Every_panel_has_a_unit_and_says_what_it_shows_and_none_lies_on_another()
    {
        foreach (var chart in Monitoring.Charts)
        {
            var title = (string)chart["title"]!;
            chart["fieldConfig"]!["defaults"]!["unit"].ShouldNotBeNull(title);
            ((string?)chart["description"]).ShouldNotBeNullOrEmpty(title);
        }

        var places = Monitoring.Panels.SelectMany(panel =>
        {
            var (x, y) = (Place(panel, "x"), Place(panel, "y"));
            return Enumerable.Range(x, Place(panel, "w"))
                .SelectMany(column => Enumerable.Range(y, Place(panel, "h")).Select(row => (column, row)));
        }).ToList();
        places.ShouldBeUnique();
        places.ShouldAllBe(place => place.column < 24);
        Monitoring.Charts.Select(chart => (string)chart["title"]!).ShouldBeUnique();

        static int Place(JsonNode panel, string name) => (int)panel["gridPos"]![name]!;
    }

    [Fact]
    public void The_runbook_names_panels_and_metrics_as_they_are_called()
    {
        var document = File.ReadAllText(DeployedFiles.PathOf("docs/operations.md"));
        var runbook = document.Split("\n## Alerts\n")[1].Split("\n## ")[0];

        foreach (var title in new[]
        {
            "Reads by outcome", "Requests to NCLUE by outcome", "Pause left", "Open streams", "Runs of the list", "Responses taken in",
            "Size of the log", "Redis", "Age of changes when found",
        })
        {
            runbook.Replace('\n', ' ').ShouldContain($"\"{title}\"");
            Monitoring.Charts.Select(chart => (string)chart["title"]!).ShouldContain(title);
        }

        foreach (var metric in Metric().Matches(runbook).Select(match => match.Value).Distinct())
        {
            document.Split("\n## Dashboard\n")[0].ShouldContain($"`{metric}`");
        }
    }

    [GeneratedRegex("nclue_gateway_[a-z_]+")]
    private static partial Regex Metric();
}
