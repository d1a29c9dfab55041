using System.Globalization;
using NclueGateway.Redis;
using StackExchange.Redis;

namespace NclueGateway.Nclue.Pacing;

/// <summary>The pacer's script on Redis.</summary>
/// <param name="connection">Where Redis is.</param>
/// <param name="account">
/// What names the account, in braces: the keys belong together, so that Redis Cluster keeps them on one node. No prefix and no version, so that
/// all environments and releases that use the account share its budget.
/// </param>
internal sealed class LuaPacerScript(RedisConnection connection, string account) : IPacerScript
{
    private static readonly string Script = ReadScript();

    private readonly RedisKey[] _keys = [account, account + ":blocks", account + ":news"];

    public async Task<PacerReply> RunAsync(PacerCall call)
    {
        var redis = (await connection.GetAsync()).GetDatabase();
        return Read(await redis.ScriptEvaluateAsync(Script, _keys, Arguments(call)));
    }

    internal static RedisValue[] Arguments(PacerCall call) =>
    [
        "op", call.Operation, "replica", call.Replica, "replicas", call.ReplicaCount, "slot", call.Slot,
        "now", call.Now, "unsure", call.Unsure, "interval", call.Interval, "patience", call.Patience, "grace", call.Grace,
        "lease", call.Lease, "settle", call.Settle, "gap", call.Gap, "quiet", call.Quiet, "longestpause", call.LongestPause, "keep", call.Keep,
        "away", call.WasAway ? 1 : 0, "settled", call.IsSettled ? 1 : 0, "paused", call.PausedUntil, "why", call.PausedFor,
        "generation", call.Generation, "epoch", call.Epoch, "news", call.News,
        "class", (int)call.Class, "since", call.Since, "blocks", call.Queue.Blocks, "callers", call.Queue.Callers,
        "flights", $",{string.Join(',', call.Flights)},", "block", call.Block, "known", call.Known,
        "number", call.Number, "new", call.IsNew ? 1 : 0, "fetched", call.Fetched, "came", (int)call.End,
        "kind", call.Kind, "first", call.First, "most", call.Most, "asked", call.Asked,
    ];

    private static PacerReply Read(RedisResult result)
    {
        var values = result.ToDictionary(StringComparer.Ordinal);
        var isAll = (bool)values["all"];
        return new PacerReply
        {
            Outcome = (string)values["outcome"]!,
            Value = (long)values["value"],
            Now = (long)values["now"],
            Tick = (long)values["tick"],
            Epoch = (long)values["epoch"],
            Next = (long)values["next"],
            Quiet = (long)values["quiet"],
            Pause = (long)values["pause"],
            PausedFor = (string)values["why"]!,
            Last = (BidClass)(int)values["last"],
            Number = (long)values["number"],
            Slot = (int)values["slot"],
            Cycle = (int)values["cycle"],
            PreviousCycle = (int)values["previous"],
            CycledAt = (long)values["cycled"],
            Generation = (long)values["generation"],
            Elsewhere = new((int)values["blocks"], (int)values["callers"]),
            Flights = Array.ConvertAll((string[])values["flights"]!, ReadFlight),
            News = (long)values["news"],
            IsAll = isAll,
            Changes = isAll
                ? [.. ((string[])values["changes"]!).Chunk(2).Select(pair => (Int(pair[0]), Long(pair[1])))]
                : Array.ConvertAll((string[])values["changes"]!, change => (Int(change.Split(' ')[0]), Long(change.Split(' ')[1]))),
        };
    }

    private static PacerFlight ReadFlight(string text)
    {
        var parts = text.Split(' ');
        return new(Int(parts[0]), parts[1], Long(parts[2]), Long(parts[3]));
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static long Long(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string ReadScript()
    {
        using var file = typeof(LuaPacerScript).Assembly.GetManifestResourceStream("pacer.lua")!;
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
