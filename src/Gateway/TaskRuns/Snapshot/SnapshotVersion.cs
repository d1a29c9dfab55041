using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>The name of one version of the snapshot, the same on every replica: <c>epoch-number-chain</c>.</summary>
/// <param name="Epoch">Number of the log.</param>
/// <param name="Number">Number of the log entry that last changed a run, its place or a gap.</param>
/// <param name="Chain">The lowest 32 bits of the chain up to that entry: versions of logs that parted have different names.</param>
internal readonly partial record struct SnapshotVersion(long Epoch, long Number, uint Chain)
{
    /// <summary>Returns the name of the version at a position of the log.</summary>
    public static SnapshotVersion Of(LogPosition position) => new(position.Epoch, position.Number, (uint)position.Chain);

    /// <summary>Parses a name as <see cref="ToString"/> writes it.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out SnapshotVersion version)
    {
        version = default;
        if (Pattern().Match(text ?? "") is not { Success: true, Groups: var parts }
            || !long.TryParse(parts["epoch"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            || !long.TryParse(parts["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        version = new(epoch, number, uint.Parse(parts["chain"].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}-{Number}-{Chain:x8}");

    [GeneratedRegex(
        @"\A(?<epoch>[0-9]{1,19})-(?<number>[0-9]{1,19})-(?<chain>[0-9a-f]{8})\z",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
