using System.Text;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>Reads names from the columns of runs.</summary>
internal static class FoldedNames
{
    /// <summary>Returns the run's name in the form in which it is compared; null without one.</summary>
    public static string? FoldedName(this RunColumns run) =>
        run.NameRange is { } range ? Encoding.UTF8.GetString(run.FoldedText.AsSpan(range)) : null;
}
