using System.Net;
using System.Net.Http.Headers;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;

namespace NclueGateway.Tests.Operations;

/// <summary>The gateway as a process of its own, whose standard output nobody takes any more.</summary>
[Collection("RealTime")]
public sealed class StuckLogTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>
    /// Neither what requests tell the log holds them up, nor a warning of what goes on behind them, which waits for the log: also when it is told by
    /// whoever has waited for a socket.
    /// </summary>
    [Fact]
    public async Task Reads_and_refusals_are_answered_while_the_log_is_stuck()
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        await using var nclue = await SimulatedNclue.StartAsync(new() { Frozen = true, Keys = { ["AK"] = "canary-of-a-secret" } }, Ct);
        var settings = GatewayProgram.Good(issuer);
        settings["Nclue__BaseAddress"] = nclue.BaseAddress.AbsoluteUri;
        settings["Cache__FreshFor"] = "00:00:01";
        settings["Quota__RequestsPerSecond"] = settings["Quota__Burst"] = "10000";
        using var gateway = GatewayProgram.Start(settings);
        var lines = new List<string>();
        var address = (await GatewayProgram.ReadAddressAsync(gateway, lines)).ShouldNotBeNull(string.Join("\n", lines));
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) };
        var token = issuer.Issue();
        await ReplicaSettings.EventuallyAsync(() => ReadAsync(client, token), status => status == HttpStatusCode.OK);

        await RefusalsAsync(); // two lines of some 300 bytes for each of a thousand: more than a pipe of 64 KiB holds
        nclue.Keys.Remove("AK");
        await ReplicaSettings.EventuallyAsync(() => ReadAsync(client, token), _ => nclue.Arrivals[^1].Status == 401);
        await RefusalsAsync();
        for (var i = 0; i < 1_000; i++)
        {
            (await ReadAsync(client, token)).ShouldBe(HttpStatusCode.OK);
        }

        gateway.Kill();

        async Task RefusalsAsync()
        {
            for (var i = 0; i < 1_000; i++)
            {
                (await ReadAsync(client, null)).ShouldBe(HttpStatusCode.Unauthorized);
            }
        }
    }

    private static async Task<HttpStatusCode> ReadAsync(HttpClient client, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/task-runs");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.SendAsync(request, Ct);
        return answer.StatusCode;
    }
}
