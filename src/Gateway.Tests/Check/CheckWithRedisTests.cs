using System.Net;
using NclueGateway.Budget;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;

namespace NclueGateway.Tests.Check;

/// <summary>The check among replicas that share one Redis.</summary>
[Trait("Needs", "Processes")]
public sealed class CheckWithRedisTests(TestRedis redis)
{
    [Fact]
    public async Task An_installation_with_Redis_is_fine()
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Settings["Nclue:Account"] = ReplicaSettings.NewAccount();

        var seen = await installation.CheckAsync("ConnectionStrings:Redis", await redis.ConnectionStringAsync());

        seen.ExitCode.ShouldBe(0);
        seen.Checks.ShouldAllBe(check => check.State == "fine");
        seen["redis"].Seen.ShouldMatch(@"^Redis \d+\.\d+\.\d+ responds in \d+\.\d ms and runs the gateway's script\.$");
        seen["redis-memory"].Seen.ShouldBe("maxmemory-policy is noeviction, without a limit.");
        seen["redis-log"].Seen.ShouldBe("This Redis user can read and write it. There is none yet.");
        seen["nclue"].Seen.ShouldContain("for its turn among the replicas");
        installation.Nclue.Arrivals.Count.ShouldBe(1);
    }

    [Fact]
    public async Task While_Redis_is_away_NCLUE_is_not_called()
    {
        await using var installation = await CheckedInstallation.StartAsync();

        var seen = await installation.CheckAsync("ConnectionStrings:Redis", $"127.0.0.1:{RedisServer.FreePort()},password=canary");

        seen.ExitCode.ShouldBe(1);
        seen.Failed.ShouldBe(["redis"]);
        seen["redis"].Seen.ShouldContain("UnableToConnect");
        seen["nclue"].Seen.ShouldStartWith("Skipped: Redis is configured but unavailable");
        seen.Text.ShouldNotContain("canary");
        installation.Nclue.Arrivals.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_Redis_that_refuses_the_login_or_evicts_the_budget_is_named()
    {
        await using var server = await RedisServer.StartAsync(
            "--requirepass", "right", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru",
            "--user", "weak", "on", ">weak", "~*", "&*", "+@connection", "+time");
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Settings["Nclue:Account"] = ReplicaSettings.NewAccount();

        var wrongPassword = await CheckRedisAsync("password=canary");
        var weakUser = await CheckRedisAsync("user=weak,password=weak");
        var right = await CheckRedisAsync("password=right");

        Task<Checked> CheckRedisAsync(string options) =>
            installation.CheckAsync("ConnectionStrings:Redis", $"{server.Address},{options}", callsUpstream: false);

        wrongPassword.Failed.ShouldBe(["redis"]);
        wrongPassword["redis"].Advice!.ShouldContain("password");
        wrongPassword.Text.ShouldNotContain("canary");
        weakUser.Failed.ShouldBe(["redis"]);
        weakUser["redis"].Seen.ShouldContain("NOPERM");
        right.Failed.ShouldBe(["redis-memory"]);
        right["redis-memory"].Seen.ShouldBe("maxmemory-policy is allkeys-lru.");
        (wrongPassword.ExitCode, weakUser.ExitCode, right.ExitCode).ShouldBe((1, 1, 1));
    }

    [Fact]
    public async Task Of_a_long_list_one_call_tells_a_wrong_IndexUnit_when_replicas_hold_the_first_block()
    {
        var account = ReplicaSettings.NewAccount();
        var options = new SimulatedNclueOptions
        {
            Runs = 5_000,
            Frozen = true,
            Strict = false, // the first check sends its call unpaced
            IndexUnit = SimulatedIndexUnit.Page,
            TotalCounts = TotalCounts.Answer,
        };
        await using var gateway = await GatewayHost.StartAsync(
            options, ReplicaSettings.For(await redis.ConnectionStringAsync(), account), realTime: true);
        await using var installation = await CheckedInstallation.StartAsync();
        var settings = new Dictionary<string, string?>(installation.Settings)
        {
            ["Nclue:BaseAddress"] = gateway.Nclue.BaseAddress.AbsoluteUri,
            ["Nclue:Account"] = account,
        };

        var (_, alone) = await CheckedInstallation.RunAsync(settings);
        (await gateway.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK)).Status.ShouldBe(HttpStatusCode.OK);
        settings["ConnectionStrings:Redis"] = await redis.ConnectionStringAsync();
        var (exitCode, together) = await CheckedInstallation.RunAsync(settings);

        Checked.Read(0, alone)["index-unit"].Seen.ShouldContain("unless the account has more than 1,000 runs");
        Checked.Read(exitCode, together).Failed.ShouldBe(["index-unit"]);
    }

    [Fact]
    public async Task The_call_waits_for_the_departure_that_another_replica_has_just_had()
    {
        var settings = ReplicaSettings.For(await redis.ConnectionStringAsync(), ReplicaSettings.NewAccount());
        var patient = new Dictionary<string, string?>(settings) { ["Nclue:RequestInterval"] = "00:00:03" };
        await using var gateway = await GatewayHost.StartAsync(settings: patient, realTime: true);
        await using var installation = await CheckedInstallation.StartAsync();

        (await gateway.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK)).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var (key, value) in settings)
        {
            installation.Settings[key] = value;
        }

        var seen = await installation.CheckAsync("Nclue:BaseAddress", gateway.Nclue.BaseAddress.AbsoluteUri);

        seen["nclue"].State.ShouldBe("fine");
        var last = gateway.Nclue.Arrivals[^1];
        last.Target.ShouldBe("/api/v1/task-runs?index=10&limit=100");
        last.SincePrevious!.Value.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_refusal_of_the_call_pauses_all_replicas_and_a_pause_is_no_time_to_call()
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Settings["Nclue:Account"] = ReplicaSettings.NewAccount();
        installation.Settings["ConnectionStrings:Redis"] = await redis.ConnectionStringAsync();
        installation.Nclue.Fault = new() { Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "300" } };

        var refused = await installation.CheckAsync();
        installation.Nclue.Fault = null;
        var paused = await installation.CheckAsync();

        (refused.ExitCode, paused.ExitCode).ShouldBe((1, 1));
        refused["nclue"].Seen.ShouldContain("throttles");
        paused["nclue"].Seen.ShouldMatch("^NCP has throttled this account \\(Throttled\\), for 29[0-9].* s more. Nothing was sent.$");
        paused.Failed.ShouldBe(["nclue"]);
        installation.Nclue.Arrivals.Count.ShouldBe(1);
    }
}
