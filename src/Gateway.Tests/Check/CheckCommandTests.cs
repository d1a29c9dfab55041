using System.Net;
using System.Net.Sockets;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Check;

/// <summary>The report of <c>dotnet Gateway.dll check</c> with real servers, by the real clock.</summary>
public sealed class CheckCommandTests
{
    private static readonly string[] Names =
        [
            "settings", "identity-provider", "redis", "redis-clock", "redis-memory", "redis-log", "collector", "nclue", "clock",
            "index-unit", "time-zone", "list",
        ];

    [Fact]
    public async Task An_installation_without_Redis_is_fine_and_its_one_call_is_reported_as_unpaced()
    {
        await using var installation = await CheckedInstallation.StartAsync();

        var seen = await installation.CheckAsync();

        seen.ExitCode.ShouldBe(0);
        seen.Outcome.ShouldBe("fine");
        seen.Checks.Select(check => check.Name).ShouldBe(Names);
        seen.Checks.Where(check => check.State != "fine").Select(check => check.Name).ShouldBe(["redis-clock", "redis-memory"]);
        seen["identity-provider"].Seen.ShouldBe($"{installation.Issuer.Address} has 1 signing key.");
        seen["nclue"].Seen.ShouldContain("unpaced");
        seen["index-unit"].Seen.ShouldBe("index=10&limit=100 returned 100 runs of 250: index counts rows, as set.");
        seen["time-zone"].Seen.ShouldContain("fits Asia/Seoul and not UTC");
        seen["list"].Seen.ShouldBe("The newest runs come first. total is 250 and can count the account. Each row has an id.");
        seen["redis-log"].Seen.ShouldBe("Without Redis, each replica keeps its log in memory.");
        installation.Nclue.Arrivals.Single().Target.ShouldBe("/api/v1/task-runs?index=10&limit=100");
    }

    [Fact]
    public async Task All_mistakes_in_the_settings_are_reported_by_key_without_a_secret_and_nothing_else_is_checked()
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Settings["Nclue:AccessKey"] = "with blank canary";
        installation.Settings["Nclue:TimeZone"] = "Asia/Atlantis";
        installation.Settings["Cache:FreshFr"] = "00:00:10";

        var seen = await installation.CheckAsync("ConnectionStrings:Redis", "localhost,passwort=canary");

        seen.ExitCode.ShouldBe(1);
        seen.Failed.ShouldBe(["settings"]);
        seen.Checks.Select(check => check.Name).ShouldBe(Names);
        seen["settings"].Details!.Select(mistake => mistake.Split(": ")[0])
            .ShouldBe(["Nclue:AccessKey", "Nclue:TimeZone", "Cache:FreshFr", "ConnectionStrings:Redis"], ignoreOrder: true);
        seen.Checks.Skip(1).ShouldAllBe(check => check.State == "notChecked" && check.Seen == "Skipped: the settings have mistakes.");
        seen.Text.ShouldNotContain("canary");
        installation.Nclue.Arrivals.ShouldBeEmpty();
        installation.Issuer.MetadataFetches.ShouldBe(0);
    }

    [Fact]
    public async Task Without_upstream_nothing_is_sent()
    {
        await using var installation = await CheckedInstallation.StartAsync();

        var seen = await installation.CheckAsync(callsUpstream: false);

        seen.ExitCode.ShouldBe(0);
        seen["nclue"].Seen.ShouldBe("Excluded by --no-upstream.");
        seen.Checks.TakeLast(5).ShouldAllBe(check => check.State == "notChecked");
        installation.Nclue.Arrivals.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task As_a_process_it_writes_nothing_but_the_report_and_listens_nowhere()
    {
        await using var installation = await CheckedInstallation.StartAsync(new() { Strict = false });
        using var taken = new TcpListener(IPAddress.Loopback, 0); // a running gateway
        taken.Start();
        var environment = installation.Settings.ToDictionary(setting => setting.Key.Replace(":", "__"), setting => setting.Value!);
        environment["ASPNETCORE_URLS"] = $"http://{taken.LocalEndpoint}";

        var json = await GatewayProgram.RunAsync(environment, "check", "--json", "--Nclue:Account=x");
        var lines = await GatewayProgram.RunAsync(environment, "check", "--Nclue:Account", "check", "--no-upstream");
        var secret = await GatewayProgram.RunAsync(environment, "check", "--json", "--Nclue:SecretKey=canary");

        json.Errors.ShouldBeEmpty();
        json.ExitCode.ShouldBe(0);
        Checked.Read(json.ExitCode, json.Output).Checks.Select(check => check.Name).ShouldBe(Names);
        lines.Errors.ShouldBeEmpty();
        lines.ExitCode.ShouldBe(0);
        lines.Output.Split('\n').Where(line => !line.StartsWith(' ')).Select(line => line.Split(' ')[0])
            .ShouldBe(["fine", "fine", "fine", "not", "not", "fine", "fine", "not", "not", "not", "not", "not", "Nothing", ""]);
        lines.Output.ShouldNotContain("\u001b");
        secret.ExitCode.ShouldBe(1);
        Checked.Read(secret.ExitCode, secret.Output)["settings"].Details!.Single()
            .ShouldStartWith("Nclue:SecretKey: a secret on the command line");
        secret.Output.ShouldNotContain("canary");
        installation.Nclue.Arrivals.Count.ShouldBe(1);
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task A_word_is_a_command_only_where_a_command_stands()
    {
        var nothing = new Dictionary<string, string>();

        var value = await GatewayProgram.RunAsync(nothing, "--Nclue:Account", "check");
        var unknown = await GatewayProgram.RunAsync(nothing, "chekc");
        var option = await GatewayProgram.RunAsync(nothing, "check", "--jsn");
        var help = await GatewayProgram.RunAsync(nothing, "--help");

        (value.ExitCode, value.Output).ShouldBe((1, "")); // the gateway itself, which has no key
        value.Errors.ShouldStartWith("The settings have");
        (unknown.ExitCode, option.ExitCode, help.ExitCode).ShouldBe((1, 1, 0));
        unknown.Errors.ShouldContain("'chekc'");
        option.Errors.ShouldContain("'--jsn'");
        option.Output.ShouldBeEmpty();
        help.Output.ShouldContain("healthcheck");
    }
}
