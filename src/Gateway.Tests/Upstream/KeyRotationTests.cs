using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Tests.Upstream;

/// <summary>Two pairs of NCP keys: when NCP refuses one, the gateway switches to the other, and no reader notices.</summary>
public sealed class KeyRotationTests
{
    private const string NextAccessKey = "ncp_iam_NEXT";
    private const string NextSecretKey = "next-secret-key-canary";

    [Fact]
    public async Task The_current_pair_is_used_while_NCP_accepts_it()
    {
        await using var gateway = await StartAsync();

        await gateway.ReadAsync();
        await gateway.ReadPatientlyAsync(index: 100);

        gateway.Nclue.Arrivals.Select(KeyOf).ShouldBe([GatewayHost.AccessKey, GatewayHost.AccessKey]);
        Generation(gateway).ShouldBe(0);
    }

    [Fact]
    public async Task A_refused_pair_gives_way_to_the_next_with_a_permit_of_its_own_and_no_read_fails()
    {
        await using var gateway = await StartAsync();
        await gateway.ReadAsync();
        gateway.Nclue.Keys.Remove(GatewayHost.AccessKey);

        var page = await gateway.LetDepartUntilAsync(gateway.ReadAsync(index: 100));
        var another = await gateway.LetDepartUntilAsync(gateway.ReadAsync(index: 200));

        page.Status.ShouldBe(HttpStatusCode.OK, page.Text);
        another.Status.ShouldBe(HttpStatusCode.OK, another.Text);
        gateway.Nclue.Arrivals.Select(arrival => (KeyOf(arrival), arrival.Status)).ShouldBe(
            [(GatewayHost.AccessKey, 200), (GatewayHost.AccessKey, 401), (NextAccessKey, 200), (NextAccessKey, 200)]);
        gateway.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= TimeSpan.FromSeconds(1));
        Generation(gateway).ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_next_pair_a_refused_key_is_a_failure()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Keys.Remove(GatewayHost.AccessKey);

        (await gateway.LetDepartUntilAsync(gateway.ReadAsync())).Status.ShouldBe(HttpStatusCode.BadGateway);

        Generation(gateway).ShouldBe(0);
    }

    [Fact]
    public async Task When_both_pairs_are_refused_they_are_tried_in_turn_until_one_is_accepted()
    {
        await using var gateway = await StartAsync();
        await gateway.ReadAsync();
        gateway.Nclue.Keys.Clear();

        var page = await gateway.LetDepartUntilAsync(gateway.ReadAsync(index: 100));
        page.Status.ShouldBe(HttpStatusCode.BadGateway);
        page.Problem.ShouldBe("/problems/upstream-credentials");
        gateway.Nclue.Keys[NextAccessKey] = NextSecretKey;
        for (var attempt = 0; attempt < 3 && page.Status != HttpStatusCode.OK; attempt++)
        {
            gateway.Clock.Advance(TimeSpan.FromSeconds(10)); // either pair may be next
            await gateway.UntilNoneInFlightAsync();
            page = await gateway.LetDepartUntilAsync(gateway.ReadAsync(index: 100));
        }

        page.Status.ShouldBe(HttpStatusCode.OK, page.Text);
        var keys = gateway.Nclue.Arrivals.Select(KeyOf).ToList();
        keys.Take(4).ShouldBe([GatewayHost.AccessKey, GatewayHost.AccessKey, NextAccessKey, GatewayHost.AccessKey]);
        keys[^1].ShouldBe(NextAccessKey);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(429)]
    public async Task What_is_not_the_fault_of_a_key_changes_none(int status)
    {
        await using var gateway = await StartAsync();
        gateway.Nclue.Fault = new Fault { Status = status };

        await gateway.LetDepartUntilAsync(gateway.ReadAsync());

        gateway.Nclue.Arrivals.ShouldAllBe(arrival => KeyOf(arrival) == GatewayHost.AccessKey);
        Generation(gateway).ShouldBe(0);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(10)] // it is corrected after three refusals, which do not count against the key
    public async Task A_wrong_clock_changes_no_key(int minutes)
    {
        await using var gateway = await StartAsync();
        gateway.Nclue.ClockOffset = TimeSpan.FromMinutes(minutes);

        for (var read = 0; read < 6; read++)
        {
            await gateway.LetDepartUntilAsync(gateway.ReadAsync());
            gateway.Clock.Advance(TimeSpan.FromSeconds(10));
            await gateway.UntilNoneInFlightAsync();
        }

        gateway.Nclue.Arrivals.Take(3).ShouldAllBe(arrival => arrival.Status == 401);
        gateway.Nclue.Arrivals.Skip(3).Where(arrival => arrival.Status is not null) // a refresh may be in flight
            .ShouldAllBe(arrival => arrival.Status == (minutes == 10 ? 200 : 401));
        gateway.Nclue.Arrivals.Count.ShouldBeGreaterThan(3);
        gateway.Nclue.Arrivals.ShouldAllBe(arrival => KeyOf(arrival) == GatewayHost.AccessKey);
        Generation(gateway).ShouldBe(0);
    }

    [Fact]
    public async Task Other_keys_are_used_at_once_after_any_refusal()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Keys.Clear();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            (await gateway.LetDepartUntilAsync(gateway.ReadAsync())).Status.ShouldBe(HttpStatusCode.BadGateway);
            gateway.Clock.Advance(TimeSpan.FromMinutes(1));
            await gateway.UntilNoneInFlightAsync();
        }

        gateway.Nclue.Keys[NextAccessKey] = NextSecretKey;
        gateway.Services.GetRequiredService<NclueCredentials>().Replace(new(new(NextAccessKey, NextSecretKey)));

        (await gateway.LetDepartUntilAsync(gateway.ReadAsync())).Status.ShouldBe(HttpStatusCode.OK);
        KeyOf(gateway.Nclue.Arrivals[^1]).ShouldBe(NextAccessKey);
    }

    [Fact]
    public void What_is_said_of_a_key_that_has_been_replaced_says_nothing_of_the_new_one()
    {
        var credentials = new NclueCredentials(
            new(new("A", "a"), new("B", "b")), NullLogger<NclueCredentials>.Instance);
        var old = credentials.InUse;
        credentials.Replace(new(new("C", "c")));

        credentials.Refuse(old).ShouldBeTrue();
        credentials.Refuse(old).ShouldBeTrue();

        credentials.InUse.AccessKey.ShouldBe("C");
        credentials.Refuse(credentials.InUse).ShouldBeFalse();
    }

    [Fact]
    public async Task No_key_is_logged()
    {
        await using var gateway = await StartAsync();
        gateway.Nclue.Keys.Remove(GatewayHost.AccessKey);
        await gateway.LetDepartUntilAsync(gateway.ReadAsync());
        gateway.Services.GetRequiredService<NclueCredentials>().Replace(new(new(NextAccessKey, NextSecretKey)));

        var logs = string.Join('\n', gateway.Logs.GetSnapshot().Select(log => log.Message + log.Exception));

        logs.ShouldContain("NCP refused the current key pair. The gateway now uses the next pair.");
        logs.ShouldContain("NCP accepts the next key pair");
        logs.ShouldContain("The NCP keys were replaced (one pair).");
        logs.ShouldNotContain("canary");
        logs.ShouldNotContain("ncp_iam_");
        new NclueKey("AK", "canary").ToString().ShouldNotContain("canary");
    }

    private static async Task<GatewayHost> StartAsync()
    {
        var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 500 }, new Dictionary<string, string?>
        {
            ["Nclue:NextAccessKey"] = NextAccessKey,
            ["Nclue:NextSecretKey"] = NextSecretKey,
        });
        gateway.Nclue.Keys[NextAccessKey] = NextSecretKey;
        return gateway;
    }

    private static string KeyOf(Arrival arrival) => arrival.Headers[NcpSignature.AccessKeyHeader].ToString();

    private static long Generation(GatewayHost gateway) => gateway.Services.GetRequiredService<NclueCredentials>().InUse.Generation;
}
