using System.Globalization;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>The whole state of the snapshot after an entry of the log, in pieces.</summary>
/// <param name="Id">Hash of the pieces: equal checkpoints have equal names, and a piece that was changed is noticed.</param>
/// <param name="Top">Position of the entry.</param>
/// <param name="Version">Position of the newest entry with a change.</param>
/// <param name="Pieces">Number of pieces.</param>
/// <param name="Length">Length of all pieces together, in bytes.</param>
/// <param name="Time">Departure of the newest response in it.</param>
internal sealed record Checkpoint(ulong Id, LogPosition Top, LogPosition Version, int Pieces, long Length, long Time)
{
    /// <summary>Maximum number of checkpoints of a log. More lines are not read.</summary>
    public const int MaxCount = 8;

    private const int MaxPieces = 20_000;

    /// <summary>Names of the fields with the pieces.</summary>
    public IReadOnlyList<string> PieceNames => [.. Enumerable.Range(0, Pieces).Select(piece => NameOf(Id, piece))];

    /// <summary>Returns the name of the field with a piece.</summary>
    public static string NameOf(ulong id, int piece) => string.Create(CultureInfo.InvariantCulture, $"{id:x16}:{piece}");

    /// <summary>Returns the hash of pieces.</summary>
    public static ulong IdOf(IEnumerable<byte[]> pieces) =>
        pieces.Aggregate(0UL, (chain, piece) => LogChain.Next(chain, piece));

    /// <summary>Reads checkpoints from their lines. Other lines are left out.</summary>
    public static IReadOnlyList<Checkpoint> Read(long epoch, string lines) =>
        [.. lines.Split('\n', MaxCount + 1).Take(MaxCount).Select(line => Read(epoch, line.Split(' '))).OfType<Checkpoint>()];

    /// <summary>Returns the line of the checkpoint. <c>append.lua</c> reads its first three words.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Id:x16} {Top.Number} {Pieces} {Top.Chain:x16} {Version.Number} {Version.Chain:x16} {Length} {Time}");

    private static Checkpoint? Read(long epoch, string[] words) =>
        words is [var id, var top, var pieces, var chain, var version, var versionChain, var length, var time]
        && Hash(id) is { } hash
        && Number(top, LogBounds.MaxNumber) is { } number && Hash(chain) is { } topChain
        && Number(version, number) is { } versionNumber && Hash(versionChain) is { } hashOfVersion
        && Number(pieces, MaxPieces) is { } count
        && Number(length, long.MaxValue) is { } total
        && Number(time, LogBounds.LatestTime) is { } departure
            ? new(hash, new(epoch, number, topChain), new(epoch, versionNumber, hashOfVersion), (int)count, total, departure)
            : null;

    private static long? Number(string word, long most) =>
        long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? number : null;

    private static ulong? Hash(string word) =>
        word.Length == 16 && ulong.TryParse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hash) ? hash : null;
}
