using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>Readers that come and go, or do not read, cost the others nothing.</summary>
public sealed class StreamLeakTests
{
    private const string Changes = "/api/task-runs/changes";

    private const int Quota = 200;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(20);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_left_of_a_thousand_readers_that_open_and_abort()
    {
        await using var gateway = await StartAsync();
        using var client = gateway.CreateFastClient();
        var interest = gateway.Services.GetRequiredService<SnapshotInterest>();
        var position = gateway.Services.GetRequiredService<LatestLogPosition>();
        var next = (await gateway.AskAsync(Changes)).Link("next")!;
        await using (var listening = await EventReader.OpenAsync(client))
        {
            await listening.NextAsync("bookmark");
            (interest.Beat, position.IsWatched).ShouldBe((Every, true));
        }

        await Parallel.ForEachAsync(Enumerable.Range(0, 1_000), new ParallelOptions { MaxDegreeOfParallelism = 30 }, async (number, _) =>
        {
            using var abort = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            using var request = new HttpRequestMessage(HttpMethod.Get, number % 3 == 0 ? $"{next}&wait=25" : Changes);
            request.Headers.Accept.ParseAdd(number % 3 == 0 ? "application/json" : "text/event-stream");
            var response = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, abort.Token);
            if (number % 3 != 1)
            {
                await ((Task)response).WaitAsync(TimeSpan.FromMilliseconds(number % 7), TimeProvider.System, Ct)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await abort.CancelAsync();
            }

            try
            {
                (await response).Dispose(); // also one whose headers came before it was aborted
            }
            catch (OperationCanceledException)
            {
                // It was aborted before.
            }
        });

        using var operators = gateway.CreateAnonymousClient();

        // The gateway may still read requests that were aborted.
        await UntilEndedAsync(operators, () => interest.Beat == FreshFor && !position.IsWatched);
        var readers = new List<EventReader>();
        for (var streams = 0; streams <= Quota; streams++)
        {
            readers.Add(await EventReader.OpenAsync(client));
            readers[^1].Status.ShouldBe(streams < Quota ? HttpStatusCode.OK : HttpStatusCode.TooManyRequests); // the whole quota is free
        }

        readers[^1].Header("Retry-After").ShouldNotBeNull();
        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_reader_that_does_not_read_delays_none_and_gets_a_reset_in_place_of_what_it_missed()
    {
        await using var gateway = await StartAsync();
        using var client = gateway.CreateFastClient();
        await using var other = await EventReader.OpenAsync(client);
        await other.NextAsync("bookmark");
        using var slow = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        await slow.ConnectAsync(IPAddress.Loopback, gateway.Address.Port, Ct);
        await slow.SendAsync(Encoding.ASCII.GetBytes(
            $"GET {Changes} HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nAccept: text/event-stream\r\n"
            + $"Authorization: {client.DefaultRequestHeaders.Authorization}\r\n\r\n"));
        await gateway.UntilOpenAsync(2);

        long sent = 0;
        for (var version = 0; version < 14; version++) // more than the buffers of the operating system hold
        {
            var name = new string((char)('a' + version), 12_000);
            await gateway.ChangeListAsync(
                [.. Enumerable.Range(0, 60).Select(number => ChangeHosts.Run($"{version}-{number}") with { Name = name })]);
            sent += (await other.NextAsync("changes")).Data.Length; // within the clock's next step
        }

        gateway.Clock.Advance(TimeSpan.FromSeconds(11)); // Snapshot:CursorsFor
        await gateway.ChangeListAsync([ChangeHosts.Run("last")]);
        await other.NextAsync("changes");

        var (received, tail) = (0L, "");
        var buffer = new byte[256 * 1024];
        while (!tail.Contains("event: reset", StringComparison.Ordinal))
        {
            var length = await slow.ReceiveAsync(buffer, Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Ct);
            length.ShouldBePositive($"the connection was closed after {received} of {sent} bytes");
            received += length;
            tail = tail[Math.Max(0, tail.Length - 50)..] + Encoding.ASCII.GetString(buffer, 0, length);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"It got {received} of {sent} bytes before the reset.");
        received.ShouldBeLessThan(sent * 9 / 10);
        await gateway.UntilOpenAsync(2);
    }

    /// <summary>Waits until all streams that were opened have ended, by the metrics, and no one listens.</summary>
    private static async Task UntilEndedAsync(HttpClient operators, Func<bool> isQuiet)
    {
        var began = TimeProvider.System.GetTimestamp();
        double open, opened, ended;
        do
        {
            var metrics = (await operators.GetStringAsync("/metrics", Ct)).Split('\n')
                .Where(line => line.StartsWith("nclue_gateway_streams_", StringComparison.Ordinal))
                .ToLookup(line => line.Split('{')[0], line => double.Parse(line.Split("} ")[1].Split(' ')[0]));
            open = metrics["nclue_gateway_streams_open"].Sum();
            (opened, ended) = (metrics["nclue_gateway_streams_opened_total"].Sum(), metrics["nclue_gateway_streams_ended_total"].Sum());
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(
                TimeSpan.FromSeconds(30), $"{opened} were opened, {ended} have ended, {open} are open, quiet: {isQuiet()}");
        }
        while (open > 0 || ended != opened || !isQuiet());
    }

    private static Task<GatewayHost> StartAsync() => QueryHosts.StartCompleteAsync(
        [ChangeHosts.Run("a")],
        ("Quota:Streams", $"{Quota}"), ("Changes:Every", "00:00:02"), ("Cache:FreshFor", "00:00:20"), ("Snapshot:CursorsFor", "00:00:10"));
}
