using System.Globalization;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;

namespace NclueGateway.Check;

/// <summary>
/// Reports what one response shows of NCLUE's list: its order, its count, and rows without an id. NCLUE documents none of them, and the
/// snapshot of all runs depends on them.
/// </summary>
internal static class ListProbe
{
    /// <summary>Returns the finding about the list.</summary>
    /// <param name="configured">The order in <c>Nclue:Order</c>.</param>
    /// <param name="response">The response at <see cref="ListSettingsProbe.Index"/>.</param>
    public static Finding Of(NclueOrder configured, NormalizedResponse response)
    {
        const string name = CheckReport.List;
        if (response.Runs.Count == 0)
        {
            return Finding.NotChecked(name, "The response has no runs.");
        }

        var created = response.Runs.Select(run => run?.CreatedAt).OfType<DateTimeOffset>().ToList();
        var hasOrder = created.Distinct().Count() > 1;
        var order = RollReading.OrderOf(created.Select(time => (DateTimeOffset?)time));
        var dropped = response.Runs.Count(run => run is null);
        var seen = string.Join(' ', Order(order, hasOrder), Total(response), dropped == 0 ? "Each row has an id." : Dropped(dropped));
        if (hasOrder && configured != NclueOrder.Auto && order != Wanted(configured))
        {
            return order == ListOrder.Unknown
                ? Finding.Warning(name, $"{seen} {configured} is set.", "Set Nclue:Order to Auto.")
                : Finding.Failed(name, $"{seen} {configured} is set.", $"Set Nclue:Order to {order}, or to Auto.");
        }

        return dropped == 0
            ? Finding.Fine(name, seen)
            : Finding.Warning(name, seen, "Callers do not get these rows. Compare the list in NCLUE's console, and report them to NCP.");
    }

    private static string Order(ListOrder order, bool hasOrder) => (order, hasOrder) switch
    {
        (_, false) => "Too few times of creation show an order.",
        (ListOrder.NewestFirst, _) => "The newest runs come first.",
        (ListOrder.OldestFirst, _) => "The oldest runs come first.",
        _ => "The times of creation show no order: the snapshot reads both ends of the list for new runs.",
    };

    /// <summary>The response begins behind row 0, so a count of the account is above the number of its rows.</summary>
    private static string Total(NormalizedResponse response)
    {
        const string late = "deletions are noticed when all rows are read again (Snapshot:SweepEvery).";
        return response.Rows.Total is not { } total ? $"There is no total: {late}"
            : total > response.Rows.Count ? string.Create(CultureInfo.InvariantCulture, $"total is {total} and can count the account.")
            : string.Create(CultureInfo.InvariantCulture, $"total is {total} and does not count the account: {late}");
    }

    private static string Dropped(int rows) => string.Create(
        CultureInfo.InvariantCulture, $"{rows} of the rows {(rows == 1 ? "has" : "have")} no id, or one that another row has.");

    private static ListOrder Wanted(NclueOrder order) =>
        order == NclueOrder.NewestFirst ? ListOrder.NewestFirst : ListOrder.OldestFirst;
}
