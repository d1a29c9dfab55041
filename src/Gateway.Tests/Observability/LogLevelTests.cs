using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using NclueGateway.Configuration;
using NclueGateway.Observability.Logging;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Observability;

/// <summary>Log levels in the settings, and their changes at run time.</summary>
public sealed class LogLevelTests
{
    private const string Levels = "Serilog:MinimumLevel:";

    private static readonly string[] Categories =
    [
        "NclueGateway.Nclue", "NclueGateway.Requests", "Microsoft.AspNetCore.Routing", "Microsoft.Hosting.Lifetime",
    ];

    [Theory]
    [InlineData("Default", "Error", "Error Information Warning Information")]
    [InlineData("Default", "Fatal", "Critical Information Warning Information")]
    [InlineData("Default", "verbose", "Trace Information Warning Information")]
    [InlineData("Override:NclueGateway.Requests", "Debug", "Information Debug Warning Information")]
    [InlineData("Override:NclueGateway", "Debug", "Debug Information Warning Information")]
    [InlineData("Override:Microsoft.AspNetCore", "Information", "Information Information Information Information")]
    public async Task A_level_follows_its_setting_while_the_gateway_runs_and_back(string key, string level, string expected)
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?>());
        var loggers = Categories.Select(logs.Log).ToArray(); // created before the change, as in the gateway
        Least(loggers).ShouldBe("Information Information Warning Information");
        var before = logs.Configuration[Levels + key];

        Reload(logs, key, level);
        Least(loggers).ShouldBe(expected);

        Reload(logs, key, before);
        Least(loggers).ShouldBe("Information Information Warning Information");
    }

    [Theory]
    [InlineData("Default", "Loud", "'Loud' is not one of Verbose, Debug, Information, Warning, Error, Fatal.")]
    [InlineData("Default", "3", "'3' is not one of")]
    [InlineData("Override:Yarp", "", "'' is not one of")]
    [InlineData("Override:*.Yarp.*", "Error", "it is not the beginning of a category's name.")]
    public async Task A_level_that_cannot_be_read_changes_none_and_stops_the_start(string key, string level, string mistake)
    {
        Should.Throw<SettingsException>(() => new WrittenLogs(new Dictionary<string, string?> { [Levels + key] = level }))
            .Mistakes.ShouldHaveSingleItem().ShouldStartWith($"{Levels}{key}: {mistake}");

        await using var logs = new WrittenLogs(new Dictionary<string, string?>());
        var log = logs.Log("NclueGateway.Nclue");
        logs.Configuration[Levels + "Override:NclueGateway"] = "Error";
        Reload(logs, key, level);

        Least(log).ShouldBe("Information");
        logs.Text().ShouldContain("Log levels stay as they were");
        logs.Text().ShouldContain(Levels + key);
    }

    [Fact]
    public async Task The_section_of_other_applications_has_no_effect()
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?>
        {
            ["Logging:LogLevel:Default"] = "None",
            ["Logging:Serilog:LogLevel:NclueGateway.Nclue"] = "None",
            ["Serilog:WriteTo:0:Name"] = "Console", // would bypass the redaction of secrets
        });

        WrittenLogs.Write(logs.Log("NclueGateway.Nclue"), null, "once");

        logs.Events().ShouldHaveSingleItem();
    }

    /// <summary>A settings file that is changed while the process runs, as in production.</summary>
    [Fact]
    [Trait("Needs", "Processes")]
    public async Task A_file_that_changes_turns_request_lines_on_and_off_again_without_a_restart()
    {
        var environment = $"Levels{Guid.NewGuid():N}";
        var file = Path.Combine(AppContext.BaseDirectory, $"appsettings.{environment}.json");
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        var settings = GatewayProgram.Good(issuer);
        settings["ASPNETCORE_ENVIRONMENT"] = environment;
        await WriteAsync(file, "Information");
        try
        {
            using var gateway = GatewayProgram.Start(settings);
            var address = (await GatewayProgram.ReadAddressAsync(gateway, []))!;
            using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address };

            (await LinesAsync()).ShouldHaveSingleItem();
            await WriteAsync(file, "Debug");
            var on = await UntilAsync(2);
            await WriteAsync(file, "Information");
            await UntilAsync(1);
            gateway.Kill();

            on[0].ShouldContain("\"@l\":\"Debug\"");
            on[0].ShouldContain("\"Status\":200");

            async Task<List<string>> UntilAsync(int count)
            {
                List<string> lines;
                do
                {
                    lines = await LinesAsync();
                }
                while (lines.Count != count); // limited by the timeout of the test

                return lines;
            }

            // The lines of a successful request and of a failed one; the latter is always written.
            async Task<List<string>> LinesAsync()
            {
                using var well = await client.GetAsync("/health/live", TestContext.Current.CancellationToken);
                using var amiss = await client.GetAsync("/nowhere", TestContext.Current.CancellationToken);
                var lines = new List<string>();
                do
                {
                    lines.Add((await gateway.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!);
                }
                while (!lines[^1].Contains("\"Status\":404", StringComparison.Ordinal));

                lines.RemoveAll(line => !line.Contains(RequestLogging.Category, StringComparison.Ordinal));
                return lines;
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Task WriteAsync(string file, string level) => File.WriteAllTextAsync(
        file,
        $$"""{ "Serilog": { "MinimumLevel": { "Override": { "NclueGateway.Requests": "{{level}}" } } } }""",
        TestContext.Current.CancellationToken);

    private static void Reload(WrittenLogs logs, string key, string? value)
    {
        logs.Configuration[Levels + key] = value;
        ((IConfigurationRoot)logs.Configuration).Reload();
    }

    private static string Least(params ILogger[] loggers) =>
        string.Join(' ', loggers.Select(log => Enum.GetValues<LogLevel>().First(log.IsEnabled)));
}
