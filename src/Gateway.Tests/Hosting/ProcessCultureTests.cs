using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Hosting;

/// <summary>The gateway as a process, with and without ICU, and on machines of other languages.</summary>
public sealed partial class ProcessCultureTests
{
    private const string Invariant = "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT";

    private static readonly string[] Paths =
    [
        "/api/task-runs?index=0&limit=20", "/api/task-runs?index=-1&limit=I", "/api/TASK-RUNS", "/problems", "/problems/invalid-parameters",
        "/openapi/v1.json", "/health/live",
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void The_built_program_has_ICU_and_the_culture_of_Korea()
    {
        var file = Path.ChangeExtension(typeof(GatewayBuilder).Assembly.Location, ".runtimeconfig.json");
        var properties = JsonNode.Parse(File.ReadAllText(file))!["runtimeOptions"]!["configProperties"]!.AsObject();

        properties.ShouldNotContainKey("System.Globalization.Invariant");
        properties.ShouldNotContainKey("System.Globalization.PredefinedCulturesOnly");
        CultureInfo.GetCultureInfo("ko", predefinedOnly: true).EnglishName.ShouldBe("Korean");
    }

    [Theory]
    [Trait("Needs", "Processes")]
    [InlineData("false", 0)]
    [InlineData("true", 1)]
    public async Task The_program_normalizes_texts_and_warns_once_where_it_cannot(string isOff, int warnings)
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        var settings = GatewayProgram.Good(issuer);
        settings[Invariant] = isOff;
        settings["Operations__DrainDelay"] = "00:00:00";
        using var gateway = GatewayProgram.Start(settings);
        var lines = new List<string>();
        var address = await GatewayProgram.ReadAddressAsync(gateway, lines);
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address };
        using var alive = await client.GetAsync(new Uri("/health/live", UriKind.Relative), Ct);
        lines.AddRange(await StopAsync(gateway));

        alive.StatusCode.ShouldBe(HttpStatusCode.OK);
        lines.Count(line => line.Contains("\"@l\":\"Warning\"") && line.Contains($"{Invariant} is set: ")).ShouldBe(warnings);
    }

    /// <summary>An equal copy stands for the machine's culture, so that tests that run at the same time notice nothing.</summary>
    [Fact]
    public async Task The_program_makes_the_invariant_culture_the_default_of_all_threads()
    {
        CultureInfo.DefaultThreadCurrentCulture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.DefaultThreadCurrentCulture;

        (await GatewayCommands.RunAsync(["--version"])).ShouldBe(0);

        CultureInfo.DefaultThreadCurrentCulture.ShouldBeSameAs(CultureInfo.InvariantCulture);
        CultureInfo.DefaultThreadCurrentUICulture.ShouldBeSameAs(CultureInfo.InvariantCulture);
    }

    /// <summary>In Turkish, the lower case of I is not i. In German, numbers have a comma. In Swedish, minus is not ASCII.</summary>
    [Theory]
    [Trait("Needs", "Processes")]
    [InlineData("tr_TR.UTF-8")]
    [InlineData("de_DE.UTF-8")]
    [InlineData("sv_SE.UTF-8")]
    public async Task The_language_of_the_machine_changes_no_response_and_no_log_line(string language)
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        await using var nclue = await SimulatedNclue.StartAsync(new SimulatedNclueOptions { Frozen = true, Strict = false }, Ct);
        nclue.Keys["AK"] = "canary-of-a-secret";

        var usual = await ReadAllAsync(issuer, nclue, "C.UTF-8");
        var other = await ReadAllAsync(issuer, nclue, language);

        usual.Responses[0].ShouldStartWith("OK ");
        foreach (var (response, expected) in other.Responses.Zip(usual.Responses))
        {
            response.ShouldBe(expected);
        }

        other.Log.Where(line => line.Contains(" /api/task-runs: 400 after ")).ShouldHaveSingleItem()
            .ShouldMatch("after [0-9]+\\.[0-9]+ ms,");
    }

    /// <summary>Reads all paths from a gateway on a machine of a language.</summary>
    private static async Task<(List<string> Responses, List<string> Log)> ReadAllAsync(
        TestIssuer issuer, SimulatedNclue nclue, string language)
    {
        var settings = GatewayProgram.Good(issuer);
        settings["ASPNETCORE_ENVIRONMENT"] = "Development"; // readable lines, which a culture could change
        settings["Nclue__BaseAddress"] = nclue.BaseAddress.AbsoluteUri;
        settings["LC_ALL"] = language;
        settings["Operations__DrainDelay"] = "00:00:00";
        using var gateway = GatewayProgram.Start(settings);
        var log = new List<string>();
        var address = (await GatewayProgram.ReadAddressAsync(gateway, log))!;
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", issuer.Issue(_ => { }));
        var responses = new List<string>();
        foreach (var path in Paths)
        {
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative), Ct);
            var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
                .Where(header => header.Key is not ("Date" or "Age" or "Cache-Status" or "RateLimit")) // they depend on the time
                .Select(header => $"{header.Key}: {header.Value}");
            var body = await response.Content.ReadAsStringAsync(Ct);
            responses.Add(TraceId().Replace(
                $"{response.StatusCode} {string.Join('\n', headers)}\n\n{body}".Replace(address.Authority, "gateway"), "trace"));
        }

        log.AddRange(await StopAsync(gateway));
        return (responses, log);
    }

    /// <summary>Stops the gateway as a supervisor does.</summary>
    /// <returns>The rest of its log.</returns>
    private static async Task<string[]> StopAsync(Process gateway)
    {
        using var kill = Process.Start("kill", ["-TERM", $"{gateway.Id}"]);
        await kill.WaitForExitAsync(Ct);
        var rest = await gateway.StandardOutput.ReadToEndAsync(Ct);
        await gateway.WaitForExitAsync(Ct);
        return rest.Split('\n');
    }

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex TraceId();
}
