using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace NclueGateway.Micro;

/// <summary>
/// Bytes that the whole process allocates for a read of a cached page over Kestrel. Each caller keeps its own
/// connection open, on which Kestrel reuses repeated header values. The callers take turns.
/// </summary>
/// <param name="Bare">
/// With an application that only returns the same response: allocations of Kestrel and the host.
/// </param>
/// <param name="Gateway">With the gateway, audit off.</param>
/// <param name="Audited">With the gateway, until the audit event has been written.</param>
internal sealed record KestrelAllocations(double Bare, double Gateway, double Audited)
{
    /// <summary>Measures the three one after the other: whole pages, and requests with the current tag.</summary>
    /// <param name="surroundings">The services that both applications need.</param>
    /// <param name="requests">Number of requests per round. One round before the first is not counted.</param>
    /// <param name="rounds">
    /// Number of rounds. The median counts, because other code of the process allocates at times.
    /// </param>
    public static async Task<(KestrelAllocations Page, KestrelAllocations Unchanged)> MeasureAsync(
        Surroundings surroundings, int requests, int rounds)
    {
        var (page, unchanged) = await RecordedResponse.OfGatewayAsync(surroundings);
        var bare = await MeasureAsync(() => Measured.BareAsync(page, unchanged, inMemory: false), isAudited: false);
        var gateway = await MeasureAsync(() => Measured.GatewayAsync(surroundings, hasAudit: false, inMemory: false), isAudited: false);
        var audited = await MeasureAsync(() => Measured.GatewayAsync(surroundings, hasAudit: true, inMemory: false), isAudited: true);
        return (new(bare.Page, gateway.Page, audited.Page), new(bare.Unchanged, gateway.Unchanged, audited.Unchanged));

        async Task<(double Page, double Unchanged)> MeasureAsync(Func<Task<Measured>> start, bool isAudited)
        {
            await using var measured = await start();
            var clients = surroundings.Tokens.Select(_ => new KeepAliveClient(measured.Address)).ToArray();
            try
            {
                return (Measure(null, StatusCodes.Status200OK, page.Body.Length), Measure(page.Tag, StatusCodes.Status304NotModified, 0));
            }
            finally
            {
                Array.ForEach(clients, client => client.Dispose());
            }

            double Measure(StringValues? tag, int status, int length)
            {
                byte[][] all = [.. surroundings.Tokens.Select(token => Page.Bytes(token, tag))];
                var allocated = new double[rounds + 1];
                for (var round = 0; round <= rounds; round++)
                {
                    var before = GC.GetTotalAllocatedBytes(precise: true);
                    Send(measured, clients, all, requests, status, length, isAudited);
                    allocated[round] = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)requests;
                }

                return allocated.Skip(1).Order().ElementAt((rounds - 1) / 2);
            }
        }
    }

    private static void Send(
        Measured measured, KeepAliveClient[] clients, byte[][] all, int requests, int status, int length, bool isAudited)
    {
        for (var sent = 0; sent < requests;)
        {
            var batch = Math.Min(Requests.InBatch, requests - sent);
            var events = measured.Log.Events;
            for (var end = sent + batch; sent < end; sent++)
            {
                var client = clients[sent % clients.Length];
                var answered = client.Ask(all[sent % clients.Length]);
                if (answered != status || client.Body.Length != length)
                {
                    throw new InvalidOperationException($"{answered} with {client.Body.Length} bytes, not {status} with {length}.");
                }
            }

            if (isAudited)
            {
                measured.Log.WaitFor(events + batch);
            }
        }
    }
}
