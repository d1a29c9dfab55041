using System.Net;
using System.Net.Sockets;
using NclueGateway.Budget;
using NclueGateway.Check;
using NclueGateway.Sandbox.Identity;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Check;

/// <summary><c>dotnet Gateway.dll check</c> between real servers, by the real clock.</summary>
public sealed class CheckCommandTests
{
    private static readonly string[] Names =
        ["settings", "identity-provider", "redis", "redis-clock", "redis-memory", "collector", "nclue", "clock", "index-unit", "time-zone"];

    [Fact]
    public async Task An_installation_without_Redis_is_fine_and_its_one_call_is_said_to_be_unpaced()
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
        installation.Nclue.Arrivals.Single().Target.ShouldBe("/api/v1/task-runs?index=10&limit=100");
    }

    [Fact]
    public async Task A_wrong_secret_is_named_with_what_was_signed_and_neither_secret_nor_signature_is_shown()
    {
        const string wrong = "another-secret-canary";
        await using var installation = await CheckedInstallation.StartAsync(new() { Strict = false });

        var seen = await installation.CheckAsync("Nclue:SecretKey", wrong);
        var lines = await CheckedInstallation.RunAsync(installation.Settings, CheckFormat.Lines);
        var wrapped = await CheckedInstallation.RunAsync(installation.Settings, CheckFormat.Terminal);

        (seen.ExitCode, lines.ExitCode, wrapped.ExitCode).ShouldBe((1, 1, 1));
        seen.Failed.ShouldBe(["nclue"]);
        seen["nclue"].Cause.ShouldBe("key");
        seen["index-unit"].Seen.ShouldStartWith("Skipped");
        seen["clock"].State.ShouldBe("fine"); // a refusal has a Date too
        var signed = seen["nclue"].Signed!;
        var arrival = installation.Nclue.Arrivals[0];
        signed.ShouldBe(["GET /api/v1/task-runs?index=10&limit=100", $"{arrival.Headers["x-ncp-apigw-timestamp"]}", "…SKEY"]);
        lines.Output.ShouldContain("GET /api/v1/task-runs?index=10&limit=100");
        wrapped.Output.Split('\n').ShouldAllBe(line => line.Length <= 80);
        wrapped.Output.ShouldContain("failed       NCLUE: ");
        wrapped.Output.ShouldContain("…SKEY");
        wrapped.Output.ShouldContain("1 failed, 0 warnings.");
        installation.Nclue.Arrivals.Count.ShouldBe(3);
        foreach (var text in new[] { seen.Text, lines.Output, wrapped.Output })
        {
            text.ShouldNotContain("canary");
            text.ShouldNotContain(GatewayHost.AccessKey);
            foreach (var call in installation.Nclue.Arrivals)
            {
                text.ShouldNotContain(call.Headers["x-ncp-apigw-signature-v2"].ToString()[..12]);
            }
        }
    }

    [Fact]
    public async Task With_two_pairs_the_one_call_is_made_with_the_one_in_use_and_the_other_is_named()
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Settings["Nclue:NextAccessKey"] = GatewayHost.AccessKey;
        installation.Settings["Nclue:NextSecretKey"] = GatewayHost.SecretKey;

        var seen = await installation.CheckAsync("Nclue:SecretKey", "withdrawn");

        seen.Failed.ShouldBe(["nclue"]);
        seen["nclue"].Advice!.ShouldContain("Nclue:NextAccessKey");
        installation.Nclue.Arrivals.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(401, "key")]
    [InlineData(403, "permission")]
    [InlineData(404, "path")]
    public async Task A_refusal_is_told_by_its_likely_cause(int status, string cause)
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Nclue.Fault = new() { Status = status };

        var seen = await installation.CheckAsync();

        (seen.ExitCode, seen["nclue"].State, seen["nclue"].Cause).ShouldBe((1, "failed", cause));
        seen.Failed.ShouldBe(["nclue"]);
    }

    [Fact]
    public async Task A_wrong_path_is_named()
    {
        await using var installation = await CheckedInstallation.StartAsync();

        var seen = await installation.CheckAsync("Nclue:BaseAddress", new Uri(installation.Nclue.BaseAddress, "/api/v2/").AbsoluteUri);

        (seen.ExitCode, seen["nclue"].Cause).ShouldBe((1, "path"));
        seen["nclue"].Advice!.ShouldContain("/api/v2/");
    }

    [Theory]
    [InlineData(0, "fine", null, 0)]
    [InlineData(55, "fine", null, 0)]
    [InlineData(65, "warning", null, 0)]
    [InlineData(-290, "warning", null, 0)]
    [InlineData(600, "failed", "clock", 1)]
    [InlineData(-600, "failed", "clock", 1)]
    public async Task A_clock_that_is_off_is_named(int seconds, string state, string? cause, int exitCode)
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Nclue.ClockOffset = TimeSpan.FromSeconds(seconds);

        var seen = await installation.CheckAsync();

        (seen.ExitCode, seen["clock"].State, seen["nclue"].Cause).ShouldBe((exitCode, state, cause));
        if (seconds != 0)
        {
            seen["clock"].Seen.ShouldContain(seconds > 0 ? "behind NCP's" : "ahead of NCP's");
        }
    }

    [Theory]
    [InlineData("Row", "Row", "fine")]
    [InlineData("Row", "Page", "failed")]
    [InlineData("Page", "Row", "failed")]
    [InlineData("Page", "Page", "fine")]
    public async Task One_call_tells_a_wrong_IndexUnit(string counts, string configured, string state)
    {
        await using var installation = await CheckedInstallation.StartAsync(new() { IndexUnit = Enum.Parse<SimulatedIndexUnit>(counts) });

        var seen = await installation.CheckAsync("Nclue:IndexUnit", configured);

        (seen["index-unit"].State, seen.ExitCode).ShouldBe((state, state == "fine" ? 0 : 1));
        seen["index-unit"].Advice.ShouldBe(state == "fine" ? null : $"Set Nclue:IndexUnit to {counts}.");
        seen.Failed.ShouldBe(state == "fine" ? [] : ["index-unit"]);
        installation.Nclue.Arrivals.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_wrong_time_zone_is_named_by_a_run_that_is_yet_to_come()
    {
        await using var installation = await CheckedInstallation.StartAsync();

        var seen = await installation.CheckAsync("Nclue:TimeZone", "UTC");

        seen.ExitCode.ShouldBe(1);
        seen.Failed.ShouldBe(["time-zone"]);
        seen["time-zone"].Advice.ShouldBe("Set Nclue:TimeZone to Asia/Seoul.");
    }

    [Fact]
    public async Task A_wrong_authority_is_named_and_keeps_nothing_else_from_being_looked_at()
    {
        await using var installation = await CheckedInstallation.StartAsync(new() { Strict = false });
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        var missing = await installation.CheckAsync("Auth:Authority", $"{installation.Issuer.Address}/tenant");
        var gone = await installation.CheckAsync("Auth:Authority", $"http://127.0.0.1:{RedisServer.FreePort()}/");
        var hanging = await installation.CheckAsync("Auth:Authority", $"http://{silent.LocalEndpoint}/");

        missing["identity-provider"].Seen.ShouldBe($"{installation.Issuer.Address}/tenant responded HTTP 404.");
        gone["identity-provider"].Seen.ShouldContain("cannot be reached (ConnectionError)");
        hanging["identity-provider"].Seen.ShouldContain("did not respond within 5 s");
        foreach (var seen in new[] { missing, gone, hanging })
        {
            seen.ExitCode.ShouldBe(1);
            seen.Failed.ShouldBe(["identity-provider"]);
            seen["nclue"].State.ShouldBe("fine");
        }
    }

    [Theory]
    [InlineData(IssuerMood.SpeaksNonsense, "sent something other than a provider")]
    [InlineData(IssuerMood.Fails, "responded HTTP 503")]
    [InlineData(IssuerMood.CutsConnections, "cannot be reached")]
    internal async Task A_provider_that_fails_is_told_by_how(IssuerMood mood, string words)
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Issuer.Mood = mood;

        var seen = await installation.CheckAsync(callsUpstream: false);

        seen.Failed.ShouldBe(["identity-provider"]);
        seen["identity-provider"].Seen.ShouldContain(words);
    }

    [Fact]
    public async Task The_sandboxs_provider_is_fine_and_one_that_nobody_can_sign_in_at_is_not()
    {
        await using var installation = await CheckedInstallation.StartAsync();
        await using var provider = await LocalIdentityProvider.StartAsync(new(), TestContext.Current.CancellationToken);
        installation.Settings["Auth:Session:ClientId"] = LocalIdentityProvider.BrowserClientId;
        installation.Settings["Auth:Session:ClientSecret"] = provider.BrowserClientSecret;
        installation.Settings["Http:PublicOrigin"] = "https://gateway.example.com";
        installation.Issuer.SignIn.Metadata["authorization_endpoint"] = null;

        var good = await installation.CheckAsync("Auth:Authority", provider.Authority.AbsoluteUri, callsUpstream: false);
        var bad = await installation.CheckAsync("Auth:Authority", installation.Issuer.Address, callsUpstream: false);

        (good.ExitCode, good["identity-provider"].State).ShouldBe((0, "fine"));
        bad.Failed.ShouldBe(["identity-provider"]);
        bad["identity-provider"].Seen.ShouldContain("authorization");
    }

    [Fact]
    public async Task All_mistakes_in_the_settings_are_told_by_key_without_a_secret_and_nothing_else_is_looked_at()
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
        seen.Checks.TakeLast(4).ShouldAllBe(check => check.State == "notChecked");
        installation.Nclue.Arrivals.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("refused", "cannot be reached")]
    [InlineData("slow", "did not answer within 0.2 s")]
    [InlineData("garbage", "cannot be read")]
    [InlineData("down", "HTTP 503")]
    public async Task An_upstream_that_does_not_answer_as_it_should_is_told_by_how(string how, string words)
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Nclue.Fault = how switch
        {
            "slow" => new() { Delay = TimeSpan.FromSeconds(5) },
            "garbage" => new() { Garbage = true },
            "down" => new() { Status = 503 },
            _ => null,
        };
        if (how == "refused")
        {
            await installation.Nclue.PauseAsync(TestContext.Current.CancellationToken);
        }

        var seen = await installation.CheckAsync("Nclue:Timeout", how == "slow" ? "00:00:00.2" : "00:00:10");

        seen.ExitCode.ShouldBe(1);
        seen.Failed.ShouldBe(["nclue"]);
        seen["nclue"].Seen.ShouldContain(words);
        seen["nclue"].Signed.ShouldBeNull();
        seen["index-unit"].Seen.ShouldStartWith("Skipped");
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task As_a_process_it_writes_nothing_but_the_report_and_listens_nowhere()
    {
        await using var installation = await CheckedInstallation.StartAsync(new() { Strict = false });
        using var taken = new TcpListener(IPAddress.Loopback, 0); // a gateway that runs
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
            .ShouldBe(["fine", "fine", "fine", "not", "not", "fine", "not", "not", "not", "not", "Nothing", ""]);
        lines.Output.ShouldNotContain("\u001b");
        secret.ExitCode.ShouldBe(1);
        Checked.Read(secret.ExitCode, secret.Output)["settings"].Details!.Single().ShouldStartWith("Nclue:SecretKey: a secret on the command line");
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
