using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>One permit is at most one request, even when connections fail, and requests keep their minimum interval.</summary>
public sealed class PacedCallTests
{
    private static readonly byte[] List = RawUpstream.Http(200, """{"total":0,"runs":[]}"""u8.ToArray());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <remarks>SocketsHttpHandler silently retries such a request on a new connection; the upstream would receive two.</remarks>
    [Fact]
    public async Task A_request_whose_standing_connection_is_cut_is_not_sent_again()
    {
        await using var gateway = await GatewayHost.StartAsync();
        (await gateway.CallAsync()).Failure.ShouldBeNull();
        gateway.AdvanceOneInterval();
        gateway.Nclue.Fault = new() { Refuse = true, Count = 1 };

        var outcome = await gateway.CallAsync();

        outcome.Failure.ShouldNotBeNull().Kind.ShouldBe(NclueFailureKind.Unreachable);
        gateway.Nclue.Arrivals.Count.ShouldBe(2);
        gateway.Nclue.Arrivals.Select(arrival => arrival.ConnectionId).Distinct().ShouldHaveSingleItem();

        gateway.AdvanceOneInterval();
        (await gateway.CallAsync()).Failure.ShouldBeNull();
        gateway.Nclue.Arrivals.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_request_whose_standing_connection_is_closed_is_not_sent_again()
    {
        await using var upstream = RawUpstream.Start(number => Task.FromResult(number == 2 ? null : List));
        await using var gateway = await Calls.StartGatewayAsync(upstream);
        (await gateway.CallAsync()).Failure.ShouldBeNull();
        gateway.AdvanceOneInterval();

        var outcome = await gateway.CallAsync();

        outcome.Failure.ShouldNotBeNull().Kind.ShouldBe(NclueFailureKind.Unreachable);
        upstream.Requests.Count.ShouldBe(2);
    }

    /// <summary>
    /// Closes a request's connection while another request waits for a new one: the handler would first retry the first request.
    /// </summary>
    [Fact]
    public async Task A_request_is_not_sent_again_with_the_permit_of_another_call()
    {
        var closing = new TaskCompletionSource<byte[]?>();
        await using var upstream = RawUpstream.Start(number => number == 2 ? closing.Task : Task.FromResult<byte[]?>(List));
        await using var gateway = await Calls.StartGatewayAsync(upstream);
        var connects = 0;
        var open = new TaskCompletionSource();
        var handler = gateway.Services.GetRequiredKeyedService<SocketsHttpHandler>(NclueHttpHandlerFactory.Key);
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            if (Interlocked.Increment(ref connects) > 1)
            {
                await open.Task.WaitAsync(cancellationToken);
            }

            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        };
        (await gateway.CallAsync(0)).Failure.ShouldBeNull();
        gateway.AdvanceOneInterval();
        var closed = gateway.CallAsync(1);
        await WaitUntilAsync(() => upstream.Requests.Count == 2);

        closing.SetResult(null);
        await WaitUntilAsync(() => Volatile.Read(ref connects) == 2); // for the retry
        gateway.AdvanceOneInterval();
        var next = gateway.CallAsync(2);
        open.SetResult();

        (await next).Failure.ShouldBeNull();
        (await closed).Failure.ShouldNotBeNull().Kind.ShouldBe(NclueFailureKind.Unreachable);
        upstream.Requests.Select(request => request.Split('&')[0]).ShouldBe(
            ["GET /api/v1/task-runs?index=0", "GET /api/v1/task-runs?index=100", "GET /api/v1/task-runs?index=200"]);
    }

    [Fact]
    public async Task Through_failures_of_every_kind_arrivals_keep_their_distance()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Cache:WaitFor"] = "00:00:20" });
        gateway.Nclue.Fault = new() { Refuse = true, Count = 2 };
        (await gateway.WhileTimePassesAsync(gateway.ReadAsync())).Status.ShouldBe(HttpStatusCode.OK);
        gateway.Nclue.Fault = new() { Cut = true, Count = 2 };
        (await gateway.WhileTimePassesAsync(gateway.ReadAsync(index: 120))).Status.ShouldBe(HttpStatusCode.OK);
        gateway.Nclue.Fault = new() { Status = 503, Count = 2 };
        (await gateway.WhileTimePassesAsync(gateway.ReadAsync(index: 220))).Status.ShouldBe(HttpStatusCode.OK);

        gateway.Nclue.Arrivals.Count.ShouldBe(9);
        gateway.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= TimeSpan.FromSeconds(1));
        gateway.Nclue.Arrivals.ShouldAllBe(arrival => arrival.Refusal == null || !arrival.Refusal.Contains("Throttle"));
    }

    [Fact]
    public async Task Calls_share_a_connection_while_they_do_not_overlap()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Cache:FreshFor"] = "00:10:00" });

        await gateway.ReadAsync();
        await gateway.WhileTimePassesAsync(gateway.ReadAsync(index: 100));
        await gateway.WhileTimePassesAsync(gateway.ReadAsync(index: 200));

        gateway.Nclue.Arrivals.Count.ShouldBe(3);
        gateway.Nclue.Arrivals.Select(arrival => arrival.ConnectionId).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Replicas_that_share_nothing_each_send_their_share_and_say_so_once()
    {
        await using var gateway = await GatewayHost.StartAsync(settings: new Dictionary<string, string?> { ["Nclue:ReplicaCount"] = "3" });

        await gateway.ReadAsync();
        await gateway.WhileTimePassesAsync(gateway.ReadAsync(index: 100));

        gateway.Nclue.Arrivals[1].SincePrevious!.Value.ShouldBeInRange(TimeSpan.FromSeconds(3.15), TimeSpan.FromSeconds(3.5));
        gateway.Logs.GetSnapshot()
            .Where(record => record.Message.Contains("Nclue:ReplicaCount", StringComparison.Ordinal)).ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(
                record => record.Level.ShouldBe(LogLevel.Warning),
                record => record.Message.ShouldContain("Nclue:ReplicaCount = 3"),
                record => record.Message.ShouldContain("3.15 s"));
    }

    [Fact]
    public async Task One_replica_has_the_whole_budget_and_nothing_to_say()
    {
        await using var gateway = await GatewayHost.StartAsync();

        await gateway.ReadAsync();
        await gateway.WhileTimePassesAsync(gateway.ReadAsync(index: 100));

        gateway.Nclue.Arrivals[1].SincePrevious!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1.05), TimeSpan.FromSeconds(1.3));
        gateway.Logs.GetSnapshot().ShouldAllBe(record => record.Level < LogLevel.Warning);
    }

    private static Task WaitUntilAsync(Func<bool> isSo) => Calls.WaitUntilAsync(isSo, () => { });
}
