using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.Micro;

/// <summary>Processor time of queries on a snapshot of many runs over Kestrel, beside that of a page.</summary>
internal static class QueryFigures
{
    private const int Rounds = 7;
    private const int Repeated = 2_000;
    private const int New = 60;

    /// <summary>Measures queries on a number of runs, and writes the figures as a table.</summary>
    public static async Task WriteAsync(int runs)
    {
        await using var surroundings = await Surroundings.StartAsync(callers: 1);
        await using var gateway = await Measured.GatewayAsync(surroundings, hasAudit: false, inMemory: false);
        using var client = new KeepAliveClient(gateway.Address);
        var page = Page.Bytes(surroundings.Tokens[0]);
        Send(page); // fetches the block
        await surroundings.StopUpstreamAsync();
        var now = (long)TimeProvider.System.GetElapsedTime(0).TotalMilliseconds;
        gateway.Services.GetRequiredService<SnapshotVersions>().Publish(SnapshotFigures.Build(runs, now));

        (string Name, string? Query)[] cases =
        [
            ("a page of NCLUE's own list", null),
            ("the same query again", "?status=failed"),
            ("a new filter, `status=failed&createdAfter=…`", "?status=failed&createdAfter={0}"),
            ("a new filter that nearly all runs match, `createdAfter=…`", "?createdAfter={0}"),
            (
                "a new filter and order, `status=completed&createdAfter=…&sort=-durationSeconds`",
                "?status=completed&createdAfter={0}&sort=-durationSeconds"
            ),
            ("a new search, `q=…`", "?q={1}"),
            ("new counts, `summary?createdAfter=…`", "/summary?createdAfter={0}"),
        ];
        var times = cases.Select(_ => new List<double>()).ToArray();
        var number = 0;
        for (var round = 0; round <= Rounds; round++)
        {
            for (var which = 0; which < cases.Length; which++)
            {
                var requests = Requests(cases[which].Query).ToList();
                var before = Process.GetCurrentProcess().TotalProcessorTime;
                requests.ForEach(Send);
                var time = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalMicroseconds / requests.Count;
                if (round > 0) // the first round compiles
                {
                    times[which].Add(time);
                }
            }
        }

        System.Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {runs:#,0} runs, one caller, audit off | processor time | of a page |"));
        System.Console.WriteLine("|---|---|---|");
        var median = times.Select(of => of.Order().ElementAt(of.Count / 2)).ToArray();
        for (var which = 0; which < cases.Length; which++)
        {
            var (time, ratio) = (median[which] / 1e3, median[which] / median[0]);
            System.Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"| {cases[which].Name} | {time:0.000} ms | {ratio:0.00} |"));
        }

        IEnumerable<byte[]> Requests(string? query) => query switch
        {
            null => Enumerable.Repeat(page, Repeated),
            _ when !query.Contains('{', StringComparison.Ordinal) =>
                Enumerable.Repeat(Page.Bytes(query, surroundings.Tokens[0], null), Repeated),
            _ => Enumerable.Range(0, New).Select(_ =>
            {
                var time = DateTimeOffset.UnixEpoch.AddSeconds(++number).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
                return Page.Bytes(string.Format(CultureInfo.InvariantCulture, query, time, number), surroundings.Tokens[0], null);
            }),
        };

        void Send(byte[] request)
        {
            if (client.Ask(request) != 200)
            {
                throw new InvalidOperationException(Encoding.UTF8.GetString(client.Head) + Encoding.UTF8.GetString(client.Body));
            }
        }
    }
}
