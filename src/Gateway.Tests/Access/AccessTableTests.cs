using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>
/// Responses by path, method and credentials, as a committed table, so that its diff shows each change of access.
/// </summary>
public sealed class AccessTableTests
{
    private const string Origin = "https://app.example.com";
    private const string Preflight = "preflight";

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", Preflight];

    private static readonly string[] Paths =
    [
        "/", "/nowhere", "/index.html",
        "/problems", "/problems/not-found", "/problems/nothing", "/problems/not-found/more",
        "/pages/page.css", "/pages/console.js", "/pages/language", "/pages/nothing",
        .. ConsolePaths, "/consoles",
        "/health", "/health/live", "/health/ready", "/health/nothing", "/metrics",
        "/openapi/v1.json", "/swagger", "/swagger/index.html", "/swagger/gateway.js", "/swagger/nothing",
        .. SessionPaths,
        "/api", "/api/", "/api/task-runs", "/api/task-runs/", "/API/Task-Runs", "/api/task-runs/1",
        "/api/task-runs/changes", "/api/status", "/api//task-runs", "/apis",
    ];

    private static string[] ConsolePaths =>
    [
        "/console", "/console/", "/console/runs/1", "/console/gateway", "/console/sign-out", "/console/signed-out", "/console/nothing",
    ];

    private static string[] SessionPaths =>
    [
        "/session", "/session/", "/session/login", "/session/logout", "/session/callback", "/session/callback/",
        "/session/backchannel-logout", "/session/nothing", "/sessions",
    ];

    [Fact]
    public async Task Every_path_responds_to_each_method_and_caller_as_the_committed_table_says()
    {
        var table = new StringBuilder("""
            The response for each path, method and caller. "counted" means that the response has RateLimit headers: the
            request counts in the caller's quota. Written by AccessTableTests.

            # With browser sign-in


            """);
        await using var gateway = await SessionHost.StartAsync(
            ("Auth:AllowedOrigins:0", Origin), ("Quota:AnonymousPerSecond", "100000"));
        await gateway.ReadPatientlyAsync();
        await WriteAsync(table, gateway, Paths, withBrowser: true);

        table.Append("# Without browser sign-in and CORS\n\n");
        await using var tokensOnly = await GatewayHost.StartAsync();
        await tokensOnly.ReadPatientlyAsync();
        string[] paths = [.. SessionPaths, .. ConsolePaths, "/nowhere", "/api/nothing", "/api/task-runs"];
        await WriteAsync(table, tokensOnly, paths, withBrowser: false);

        await CommittedDocument.ShouldBeCommittedAsync(table.ToString(), "src/Gateway.Tests/Access/AccessTable.txt");
    }

    private static async Task WriteAsync(StringBuilder table, GatewayHost gateway, IEnumerable<string> paths, bool withBrowser)
    {
        var poor = gateway.Issuer.Issue(token => token.Claims["scope"] = "openid");
        using var anonymous = new CookieClient(gateway.Address);
        using var stranger = new CookieClient(gateway.Address) { Session = new string('x', 43) };
        using var browser = new CookieClient(gateway.Address);
        List<(string Name, CookieClient Client, string? Csrf, string? Token)> callers =
        [
            ("no token", anonymous, null, null),
            ("bad token", anonymous, null, "x"),
            ("token without permission", anonymous, null, poor),
            ("token", anonymous, null, gateway.Issuer.Issue()),
            ("unknown cookie", stranger, "1", null),
        ];
        if (withBrowser)
        {
            await browser.SignInAsync();
            callers.Add(("browser without X-CSRF", browser, null, null));
            callers.Add(("browser", browser, "1", null));
        }

        foreach (var path in paths)
        {
            var blocks = new OrderedDictionary<string, List<string>>();
            foreach (var method in Methods)
            {
                var outcomes = new OrderedDictionary<string, List<string>>();
                foreach (var (name, client, csrf, token) in callers)
                {
                    stranger.Session = new string('x', 43);
                    Add(outcomes, await OutcomeAsync(client, method, path, csrf, token), name);
                    anonymous.Cookies.Clear();
                    if (withBrowser && browser.Session is null)
                    {
                        await browser.SignInAsync(); // it has signed out
                    }
                }

                Add(blocks, string.Concat(outcomes.Select(outcome =>
                    $"    {(outcomes.Count == 1 ? "all" : string.Join(", ", outcome.Value))}: {outcome.Key}\n")), method);
            }

            foreach (var (block, methods) in blocks)
            {
                table.Append(CultureInfo.InvariantCulture, $"{path}  {string.Join(", ", methods)}\n{block}");
            }

            table.Append('\n');
        }
    }

    private static void Add(OrderedDictionary<string, List<string>> groups, string key, string member)
    {
        groups.TryAdd(key, []);
        groups[key].Add(member);
    }

    private static async Task<string> OutcomeAsync(CookieClient client, string method, string path, string? csrf, string? token)
    {
        var isPreflight = method == Preflight;
        using var response = await client.SendAsync(isPreflight ? HttpMethod.Options : new(method), path, csrf, request =>
        {
            if (token is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
            }

            if (isPreflight)
            {
                request.Headers.Add("Origin", Origin);
                request.Headers.Add("Access-Control-Request-Method", "GET");
            }
        });
        var parts = new List<string> { ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture) };
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            parts[0] += body.Length > 0 ? " " + JsonNode.Parse(body)!["type"]!.GetValue<string>().Split('/')[^1] : " problem";
        }

        if (response.Content.Headers.ContentType?.MediaType == "text/html")
        {
            parts[0] += " page";
        }

        if (response.Content.Headers.Allow.Count > 0)
        {
            parts.Add("Allow: " + string.Join(", ", response.Content.Headers.Allow));
        }

        foreach (var name in (string[])["WWW-Authenticate", "Access-Control-Allow-Methods"])
        {
            if (response.Headers.TryGetValues(name, out var values))
            {
                parts.Add($"{name}: {string.Join(" | ", values)}");
            }
        }

        if (response.Headers.Contains("RateLimit"))
        {
            parts.Add("counted");
        }

        return string.Join("; ", parts);
    }
}
