using System.Net;
using System.Net.Http.Headers;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;

namespace NclueGateway.Tests.Observability;

/// <summary>A gateway process whose standard output is no longer read.</summary>
[Trait("Needs", "RealTime")]
public sealed class StuckLogTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>
    /// Events of requests do not delay them while the log is stuck. Neither do warnings from background work, logged by code that waited
    /// for a socket or that processes a response.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reads_and_refusals_are_answered_while_the_log_is_stuck(bool hasRows)
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        await using var nclue = await SimulatedNclue.StartAsync(new() { Frozen = true, Keys = { ["AK"] = "canary-of-a-secret" } }, Ct);
        var settings = GatewayProgram.Good(issuer);
        settings["Nclue__BaseAddress"] = nclue.BaseAddress.AbsoluteUri;
        settings["Cache__FreshFor"] = "00:00:01";
        settings["Quota__RequestsPerSecond"] = settings["Quota__Burst"] = "10000";
        using var gateway = GatewayProgram.Start(settings);
        try
        {
            var lines = new List<string>();
            var address = (await GatewayProgram.ReadAddressAsync(gateway, lines)).ShouldNotBeNull(string.Join("\n", lines));
            using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) };
            var token = issuer.Issue();
            await ReplicaSettings.EventuallyAsync(() => ReadAsync(client, token), status => status == HttpStatusCode.OK);

            await RefusalsAsync(client); // a thousand with two lines of about 300 bytes each: more than a pipe of 64 KiB holds
            nclue.Fault =
                new Fault { Status = hasRows ? 200 : 401, Body = """{"total":1,"runs":[{"run_id":"a","status":"UNHEARD_OF"}]}""" };
            var arrived = nclue.Arrivals.Count;
            await ReplicaSettings.EventuallyAsync(
                () => ReadAsync(client, token), _ => nclue.Arrivals.Count > arrived + (hasRows ? 1 : 0));
            await RefusalsAsync(client);
            for (var i = 0; i < 3_000; i++)
            {
                (await ReadAsync(client, token)).ShouldBe(HttpStatusCode.OK);
            }
        }
        finally
        {
            gateway.Kill();
        }
    }

    private static async Task RefusalsAsync(HttpClient client)
    {
        for (var i = 0; i < 1_000; i++)
        {
            (await ReadAsync(client, null)).ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    private static async Task<HttpStatusCode> ReadAsync(HttpClient client, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/task-runs");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await client.SendAsync(request, Ct);
        return response.StatusCode;
    }
}
