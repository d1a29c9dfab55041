using System.Globalization;
using System.Text;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>The head of the log as it was read: its position and its checkpoints.</summary>
internal sealed class LogHead
{
    private const string Epoch = "epoch";
    private const string Top = "top";
    private const string Chain = "chain";
    private const string CheckpointLines = "checkpoints";

    /// <summary>Maximum length of a field that is read.</summary>
    private const int MaxLength = 2_048;

    /// <summary>The fields of the hash, in the order of the constructor's values.</summary>
    public static readonly IReadOnlyList<string> Names = [Epoch, Top, Chain, CheckpointLines];

    /// <param name="values">The values of <see cref="Names"/>.</param>
    public LogHead(IReadOnlyList<byte[]?> values)
    {
        Fields = [.. values.Select((value, n) => new LogField(Names[n], value ?? []))];
        if (Number(values[0], LogBounds.LatestTime) is > 0 and var epoch && Number(values[1], LogBounds.MaxNumber) is { } top
            && ulong.TryParse(Text(values[2]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var chain)
            && IsWritten(new(epoch, top, chain)))
        {
            Position = new(epoch, top, chain);
            Checkpoints = Checkpoint.Read(epoch, Text(values[3]));
        }
    }

    /// <summary>The position of the newest entry; null without a log, and when a field is not a gateway's.</summary>
    public LogPosition? Position { get; }

    /// <summary>The checkpoints, the newest first.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints { get; } = [];

    /// <summary>The fields as they were read, by which a write recognises that they still are.</summary>
    public IReadOnlyList<LogField> Fields { get; }

    /// <summary>Returns the fields of a position.</summary>
    public static IReadOnlyList<LogField> Of(LogPosition position) =>
    [
        new(Epoch, Bytes(position.Epoch)), new(Top, Bytes(position.Number)),
        new(Chain, Encoding.ASCII.GetBytes(position.Chain.ToString("x16", CultureInfo.InvariantCulture))),
    ];

    /// <summary>Returns the field of the checkpoints.</summary>
    public static LogField Of(IReadOnlyList<Checkpoint> checkpoints) =>
        new(CheckpointLines, Encoding.ASCII.GetBytes(string.Join('\n', checkpoints)));

    /// <summary>Returns the name of the field with an entry.</summary>
    public static string NameOf(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Returns false if a gateway writes the position in another form: its next write would not recognise it.</summary>
    private bool IsWritten(LogPosition position) =>
        Of(position).Zip(Fields).All(pair => pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value));

    private static byte[] Bytes(long number) => Encoding.ASCII.GetBytes(NameOf(number));

    private static string Text(byte[]? value) => value is { Length: <= MaxLength } ? Encoding.ASCII.GetString(value) : "";

    private static long? Number(byte[]? value, long most) =>
        long.TryParse(Text(value), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? number : null;
}
