using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Check;

/// <summary>Findings of <c>check</c> about its one call of NCLUE, with real servers, by the real clock.</summary>
public sealed class CheckOfNclueTests
{
    [Fact]
    public async Task A_wrong_secret_is_named_with_what_was_signed_and_neither_secret_nor_signature_is_shown()
    {
        const string wrong = "another-secret-canary";
        await using var installation = await CheckedInstallation.StartAsync(new() { Strict = false });

        var seen = await installation.CheckAsync("Nclue:SecretKey", wrong);
        var lines = await CheckedInstallation.RunAsync(installation.Settings, int.MaxValue);
        var wrapped = await CheckedInstallation.RunAsync(installation.Settings, 80);

        (seen.ExitCode, lines.ExitCode, wrapped.ExitCode).ShouldBe((1, 1, 1));
        seen.Failed.ShouldBe(["nclue"]);
        seen["nclue"].Cause.ShouldBe("key");
        seen["index-unit"].Seen.ShouldStartWith("Skipped");
        seen["clock"].State.ShouldBe("fine"); // a refusal also has a Date
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
    public async Task A_refusal_is_reported_with_its_likely_cause(int status, string cause)
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
    public async Task A_wrong_clock_is_named(int seconds, string state, string? cause, int exitCode)
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
    public async Task One_call_detects_a_wrong_IndexUnit(string counts, string configured, string state)
    {
        await using var installation = await CheckedInstallation.StartAsync(new() { IndexUnit = Enum.Parse<SimulatedIndexUnit>(counts) });

        var seen = await installation.CheckAsync("Nclue:IndexUnit", configured);

        (seen["index-unit"].State, seen.ExitCode).ShouldBe((state, state == "fine" ? 0 : 1));
        seen["index-unit"].Advice.ShouldBe(state == "fine" ? null : $"Set Nclue:IndexUnit to {counts}.");
        seen.Failed.ShouldBe(state == "fine" ? [] : ["index-unit"]);
        installation.Nclue.Arrivals.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_wrong_order_is_named()
    {
        await using var installation = await CheckedInstallation.StartAsync();

        var seen = await installation.CheckAsync("Nclue:Order", "OldestFirst");

        seen.Failed.ShouldBe(["list"]);
        seen["list"].Advice.ShouldBe("Set Nclue:Order to NewestFirst, or to Auto.");
    }

    [Fact]
    public async Task A_wrong_time_zone_is_detected_by_a_run_in_the_future()
    {
        await using var installation = await CheckedInstallation.StartAsync();

        var seen = await installation.CheckAsync("Nclue:TimeZone", "UTC");

        seen.ExitCode.ShouldBe(1);
        seen.Failed.ShouldBe(["time-zone"]);
        seen["time-zone"].Advice.ShouldBe("Set Nclue:TimeZone to Asia/Seoul.");
    }

    [Theory]
    [InlineData("refused", "cannot be reached")]
    [InlineData("slow", "did not respond within 0.2 s")]
    [InlineData("garbage", "cannot be read")]
    [InlineData("down", "HTTP 503")]
    public async Task An_upstream_that_does_not_respond_as_it_should_is_reported_with_the_reason(string how, string words)
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
}
