using System.Buffers;
using System.Globalization;
using NclueGateway.Redis;
using StackExchange.Redis;

namespace NclueGateway.Upstream.Pacing;

/// <summary>The coordinator script on Redis.</summary>
/// <param name="connection">The connection to Redis.</param>
/// <param name="account">
/// The name of the account, in braces: Redis Cluster then keeps its keys on one node. It has no prefix and no version, so that all
/// environments and releases that use the account share its budget.
/// </param>
/// <param name="unreadable">Logs a warning about values that no gateway has written.</param>
internal sealed class LuaCoordinatorScript(RedisConnection connection, string account, UnreadableValues unreadable) : ICoordinatorScript
{
    /// <summary>Highest time that the script writes. Higher values are not its own.</summary>
    private const long LatestTime = 200_000_000_000_000;
    private const long MostCount = 200_000_000_000_000;
    private const int MostSlots = 2_000;

    /// <summary>Maximum number of blocks in a reported order: more than readers wait for (<c>Cache:WaitFor</c>).</summary>
    private const int MostNamed = 64;

    /// <summary>Maximum age of a request in flight (ms). An older one counts as this old.</summary>
    private const long LongestFlight = 3_600_000;

    private static readonly string Script = ReadScript();
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly RedisKey[] _keys = [account, account + ":blocks", account + ":news"];

    public async Task<CoordinatorResponse> RunAsync(CoordinatorRequest call)
    {
        var redis = (await connection.GetAsync()).GetDatabase();
        var reply = new ScriptReply(await redis.ScriptEvaluateAsync(Script, _keys, Arguments(call)));
        if (reply.Texts("odd").Length > 0)
        {
            unreadable.Warn("the budget of all replicas");
        }

        return Read(reply);
    }

    internal static RedisValue[] Arguments(CoordinatorRequest call) =>
    [
        "op", call.Operation, "replica", call.Replica, "replicas", call.ReplicaCount, "slot", call.Slot,
        "now", call.Now, "unsure", call.Unsure, "interval", call.Interval, "patience", call.Patience, "grace", call.Grace,
        "lease", call.Lease, "settle", call.Settle, "gap", call.Gap, "quiet", call.Quiet,
        "longestpause", call.LongestPause, "keep", call.Keep,
        "away", call.WasAway ? 1 : 0, "settled", call.IsSettled ? 1 : 0, "paused", call.PausedUntil, "why", call.PausedFor,
        "generation", call.Generation, "epoch", call.Epoch, "news", call.News,
        "class", (int)call.Class, "since", call.Since,
        "blocks", call.Queue.Blocks, "callers", call.Queue.Callers, "order", Order(call.Queue),
        "flights", $",{string.Join(',', call.Flights)},", "block", call.Block, "known", call.Known,
        "number", call.Number, "new", call.IsNew ? 1 : 0, "fetched", call.Fetched, "came", (int)call.End,
        "kind", call.Kind, "first", call.First, "most", call.Most, "asked", call.Asked, "log", call.LogKey,
    ];

    private static string Order(Backlog queue) => queue.Order is { Count: > 0 } order ? string.Join(',', order.Take(MostNamed)) : "-";

    private static CoordinatorResponse Read(ScriptReply reply)
    {
        var now = reply.Number("now", most: LatestTime);
        var isAll = reply.Number("all", most: 1) == 1;
        return new CoordinatorResponse
        {
            Outcome = reply.Text("outcome"),
            Value = reply.Number("value", MostCount),
            Now = now,
            Tick = reply.Number("tick", MostCount),
            Epoch = reply.Number("epoch", LatestTime),
            Next = reply.Number("next", LatestTime),
            Quiet = reply.Number("quiet", LatestTime),
            Pause = reply.Number("pause", LatestTime),
            PausedFor = reply.Text("why"),
            Last = (FetchPriority)reply.Number("last", most: 9),
            Number = reply.Number("number", MostCount),
            Slot = (int)reply.Number("slot", MostSlots),
            Cycle = (int)reply.Number("cycle", MostSlots, least: 1),
            PreviousCycle = (int)reply.Number("previous", MostSlots, least: 1),
            CycledAt = reply.Number("cycled", LatestTime),
            Generation = reply.Number("generation", MostCount),
            BacklogOfOtherReplicas = [.. reply.Texts("queues").Select(ReadQueue).OfType<Backlog>()],
            Flights = [.. reply.Texts("flights").Select(text => ReadFlight(text, now)).OfType<InFlightFetch>()],
            News = reply.Number("news", MostCount),
            IsAll = isAll,
            Changes =
            [
                .. Pairs(reply.Texts("changes"), isAll).Select(pair => ReadChange(pair.Block, pair.Time, now)).OfType<(int, long)>(),
            ],
            Log = ReadLog(reply.Texts("log")),
        };
    }

    /// <summary>Returns blocks with their times. All copies come as block, time, block, time; changes as one text each.</summary>
    private static IEnumerable<(string Block, string Time)> Pairs(string[] texts, bool isAll) => isAll
        ? texts.Chunk(2).Where(pair => pair.Length == 2).Select(pair => (pair[0], pair[1]))
        : texts.Select(text => text.Split(' ')).Where(words => words.Length == 2).Select(words => (words[0], words[1]));

    private static (int, long)? ReadChange(string block, string time, long now) =>
        Whole(block, int.MaxValue) is { } number && Whole(time, now) is { } at ? ((int)number, at) : null;

    private static InFlightFetch? ReadFlight(string text, long now) =>
        text.Split(' ') is [var block, var replica, var since, var until]
        && Whole(block, int.MaxValue) is { } number && Whole(since, now) is { } at && Whole(until, LatestTime) is { } end
            ? new((int)number, replica, Math.Max(at, now - LongestFlight), end)
            : null;

    private static LogPosition? ReadLog(string[] texts) =>
        texts is [var epoch, var top, { Length: 16 } chain] && !chain.AsSpan().ContainsAnyExcept(HexDigits)
        && Whole(epoch, LatestTime) is { } log && Whole(top, MostCount) is { } number
            ? new(log, number, ulong.Parse(chain, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))
            : null;

    private static Backlog? ReadQueue(string text)
    {
        if (text.Split(' ') is not [var blocks, var callers, var order]
            || Whole(blocks, int.MaxValue) is not { } blockCount || Whole(callers, short.MaxValue) is not { } callerCount)
        {
            return null;
        }

        // An empty text: the replica's release does not report its order. "-": no block.
        var numbers = order.Trim('-').Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(number => Whole(number, int.MaxValue)).OfType<long>();
        return new((int)blockCount, (int)callerCount, order.Length == 0 ? null : [.. numbers.Select(number => (int)number)]);
    }

    private static long? Whole(string text, long most) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? number : null;

    private static string ReadScript()
    {
        using var file = typeof(LuaCoordinatorScript).Assembly.GetManifestResourceStream("pacer.lua")!;
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
