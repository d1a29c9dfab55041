using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using NclueGateway.Harness;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Scale;

/// <summary>
/// Cost of event streams on one replica: memory, allocations and processor time, the time until the last reader has a message, and page
/// reads beside them. The readers, the identity provider and the simulated NCLUE are in this process, the gateway in its own.
/// </summary>
internal sealed class StreamFigures : IAsyncDisposable
{
    private const int Callers = 16;
    private const int RunsPerChange = 100;
    private const int Runs = 1_000;
    private const int Silent = 500;
    private const int Changes = 10;
    private const int Rounds = 3;
    private const int Seconds = 9;
    private static readonly TimeSpan ChangeEvery = TimeSpan.FromSeconds(3);
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false });

    private readonly Surroundings _around;
    private readonly SimulatedNclue _nclue;
    private readonly Contender _gateway;
    private readonly StreamReaders _readers = new();

    private StreamFigures(Surroundings around, SimulatedNclue nclue, Contender gateway) =>
        (_around, _nclue, _gateway) = (around, nclue, gateway);

    /// <summary>Measures a number of streams, and writes the figures as tables.</summary>
    /// <param name="published">Folder of the published programs.</param>
    /// <param name="streams">Number of streams.</param>
    public static async Task WriteAsync(string published, int streams)
    {
        await using var figures = await StartAsync(published);
        await figures.MeasureAsync(streams);
    }

    public async ValueTask DisposeAsync()
    {
        await _readers.DisposeAsync();
        await _gateway.DisposeAsync();
        await _nclue.DisposeAsync();
        await _around.DisposeAsync();
    }

    private static async Task<StreamFigures> StartAsync(string published)
    {
        var around = await Surroundings.StartAsync(published, Callers);
        var nclue = await GatewayEnvironment.StartNclueAsync(Runs, isFrozen: false);
        var port = Contender.FreePort();
        var settings = new Dictionary<string, string>(around.EnvironmentOn(port, nclue).Append(GatewayEnvironment.AuditOff))
        {
            ["Changes__MaxStreams"] = "6000",
            ["Changes__StreamFor"] = "01:00:00",
            ["Quota__Streams"] = "1000",
        };
        string[] command = ["dotnet", Path.Combine(published, "Gateway", "Gateway.dll")];
        return new(around, nclue, await Contender.StartAsync("gateway", port, around.Tokens[0], checksTokens: true, command, settings));
    }

    private async Task MeasureAsync(int streams)
    {
        await CompleteListAsync();
        await WarmUpAsync();
        var before = await ReadAsync("no stream", changes: false);
        var (resident, heap) = await MeasureMemoryAsync();
        await _readers.OpenAsync(_gateway.Address, _around.Tokens, streams);
        var open = await MeasureMemoryAsync();
        await CostOfMessagesAsync(Changes / 2); // for the JIT compiler
        var bookmarks = await CostOfMessagesAsync(changes: 0);
        var told = await CostOfMessagesAsync(Changes);
        var afterChanges = await MeasureMemoryAsync();
        var idle = await ReadAsync("open streams", changes: false);
        var busy = await ReadAsync("open streams, and a change every 3 s", changes: true);
        var big = await CostOfMessagesAsync(Changes / 2, RunsPerChange);
        var afterBig = await MeasureMemoryAsync();

        _readers.OpenSilent(_gateway.Address, _around.Tokens, Silent);
        await UntilOpenAsync(streams + Silent);
        var beforeSilent = await MeasureMemoryAsync();
        var beside = await CostOfMessagesAsync(Changes, RunsPerChange);
        var silent = await MeasureMemoryAsync();
        var stillOpen = (await MetricsAsync()).Streams - streams;
        _readers.CloseSilent();
        await _readers.DisposeAsync();
        var after = await ReadAsync("no stream again", changes: false);

        Write($"| {streams:N0} streams | |");
        Write($"|---|---|");
        Write($"| memory of a stream: managed heap after a full collection | {PerStream(open.Heap - heap)} |");
        Write($"| the same, after {Changes} messages with one change | {PerStream(afterChanges.Heap - heap)} |");
        Write($"| the same, after {Changes / 2} messages with {RunsPerChange} changes ({Size(big)}) | {PerStream(afterBig.Heap - heap)} |");
        Write($"| memory of a stream: resident, with what the collector has not returned | {PerStream(open.Resident - resident)} |");
        Write($"| the same, after all these messages | {PerStream(afterBig.Resident - resident)} |");
        Row("a bookmark", bookmarks);
        Row("a message with one change and the bookmark after it", told);
        Row($"a message with {RunsPerChange} changes and the bookmark after it", big);
        Write($"| {Silent} more streams whose clients never read: open after {Changes} such messages | {stillOpen} |");
        Write($"| managed heap of all streams before and after them | {MB(beforeSilent.Heap - heap)}, {MB(silent.Heap - heap)} |");
        Write($"| meanwhile, from the first reader to the last | {Time(beside.Spread)} |");
        Write($"");
        // Reads at the limit of the machine share its cores with the streams.
        var floor = (before.Computing + after.Computing) / 2;
        Write($"| reads of a page, {Rounds} rounds of {Seconds} s, 16 connections | requests/s | p99 | processor time per read |");
        Write($"|---|---|---|---|");
        foreach (var reads in new[] { before, idle, busy, after })
        {
            Write($"| {reads.Name} | {reads.PerSecond:0} | {reads.P99:0.00} ms | {reads.Computing:0.0} µs |");
        }

        Write($"");
        Write($"| reads beside streams | requests/s kept (wanted: ≥ 0.90) | processor time of a read: alone / beside | streams take |");
        Write($"|---|---|---|---|");
        foreach (var reads in new[] { idle, busy })
        {
            var kept = reads.PerSecond * 2 / (before.PerSecond + after.PerSecond);
            var taken = (reads.Computing - floor) * reads.PerSecond / 1e6 / Environment.ProcessorCount;
            Write($"| {reads.Name} | {kept:0.00} | {floor / reads.Computing:0.00} | {taken:0.0%} of all cores |");
        }

        static string MB(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB");
        static string Size(Cost cost) => string.Create(CultureInfo.InvariantCulture, $"{cost.Size / 1e3:0} kB");
        string PerStream(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / streams / 1e3:0.0} kB");
        void Row(string what, Cost cost)
        {
            Write($"| {what}: processor time per stream | {cost.Computing.TotalMicroseconds:0.0} µs |");
            Write($"| {what}: allocated per stream | {cost.Allocated:N0} B |");
            if (cost.Spread > TimeSpan.Zero)
            {
                Write($"| {what}: from the first reader to the last, median | {Time(cost.Spread)} |");
            }
        }
    }

    /// <summary>Measures messages to all streams: those with changes, or only the bookmarks of as much time.</summary>
    private async Task<Cost> CostOfMessagesAsync(int changes, int runs = 1)
    {
        await Task.Delay(ChangeEvery, TimeProvider.System);
        var (metrics, computed, messages, bytes) = (await MetricsAsync(), _gateway.Computed(), _readers.Messages, _readers.Bytes);
        var spreads = new List<double>();
        for (var change = 0; change < changes; change++)
        {
            var began = TimeProvider.System.GetTimestamp();
            var (first, last) = await _readers.UntilToldAsync(() => Rename(runs));
            spreads.Add((last - first).TotalMilliseconds);
            var left = ChangeEvery - TimeProvider.System.GetElapsedTime(began);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider.System);
        }

        if (changes == 0)
        {
            await Task.Delay(ChangeEvery * Changes, TimeProvider.System);
        }

        computed = _gateway.Computed() - computed;
        var allocated = (await MetricsAsync()).Allocated - metrics.Allocated;
        var count = changes > 0 ? (double)changes * _readers.Count : _readers.Messages - messages;
        var spread = TimeSpan.FromMilliseconds(spreads.Count > 0 ? Median.Of(spreads) : 0);
        await LogAsync(
            $"{changes} changes of {runs}: {computed.TotalMicroseconds / count:0.0} µs, {allocated / count:0} B, {Time(spread)}");
        return new(computed / count, allocated / count, spread, (_readers.Bytes - bytes) / count);
    }

    /// <summary>Measures reads of a page.</summary>
    private async Task<Reads> ReadAsync(string name, bool changes)
    {
        using var end = new CancellationTokenSource();
        var changing = changes ? ChangeAsync(end.Token) : Task.CompletedTask;
        var loads = new List<Load>();
        for (var round = 0; round < Rounds; round++)
        {
            loads.Add(await Load.RunAsync([_gateway], _around.TokensFile, Seconds, connections: 16, threads: 2));
        }

        await end.CancelAsync();
        await changing;
        await LogAsync($"{name}: {loads.Min(load => load.Computing):0.0} to {loads.Max(load => load.Computing):0.0} µs");
        return new(
            name,
            Median.Of(loads.Select(load => load.PerSecond)),
            loads.Min(load => load.Computing),
            Median.Of(loads.Select(load => load.P99)));

        async Task ChangeAsync(CancellationToken ended)
        {
            while (!ended.IsCancellationRequested)
            {
                Rename(1);
                await Task.Delay(ChangeEvery, TimeProvider.System, CancellationToken.None);
            }
        }
    }

    private void Rename(int runs)
    {
        for (var row = 0; row < runs; row++)
        {
            _nclue.Runs.Rename(row);
        }
    }

    private Task<Load> WarmUpAsync() => Load.RunAsync([_gateway], _around.TokensFile, Seconds, connections: 16, threads: 2);

    /// <summary>Waits until the gateway has the whole list, and all its runs are finished.</summary>
    private async Task CompleteListAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await AskAsync() != HttpStatusCode.OK || TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(2))
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }

        async Task<HttpStatusCode> AskAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_gateway.Address, "?status=failed"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _around.Tokens[0]);
            using var response = await Client.SendAsync(request);
            return response.StatusCode;
        }
    }

    private async Task UntilOpenAsync(int streams)
    {
        while ((await MetricsAsync()).Streams < streams)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }
    }

    private async Task<MemoryUse> MeasureMemoryAsync()
    {
        var (before, heap) = ((await MetricsAsync()).FullCollections, 0.0);
        await FullCollection.RunAsync(_gateway.ProcessId, async () =>
        {
            var metrics = await MetricsAsync();
            heap = metrics.HeapSize;
            return metrics.FullCollections > before;
        });
        await LogAsync($"{_gateway.Resident / 1e6:0.0} MB, {heap / 1e6:0.0} MB");
        return new(_gateway.Resident, heap);
    }

    private Task<GatewayMetrics> MetricsAsync() => GatewayMetrics.ReadAsync(Client, _gateway.Address);

    private static string Time(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms");

    private static Task LogAsync(FormattableString line) =>
        System.Console.Error.WriteLineAsync(line.ToString(CultureInfo.InvariantCulture));

    private static void Write(FormattableString line) => System.Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Cost of a message.</summary>
    /// <param name="Computing">Processor time of the gateway for one stream.</param>
    /// <param name="Allocated">Bytes on the managed heap for one stream.</param>
    /// <param name="Spread">Time from the first reader to the last one, median.</param>
    /// <param name="Size">Size of a message in bytes.</param>
    private sealed record Cost(TimeSpan Computing, double Allocated, TimeSpan Spread, double Size);

    private sealed record Reads(string Name, double PerSecond, double Computing, double P99);
}
