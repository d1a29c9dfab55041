using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>
/// The reader of the whole list, beside the readers of pages. It gets every response that this replica receives, and requests further
/// rows with the budget that pages leave.
/// </summary>
internal interface IWholeListReader
{
    /// <summary>Returns the rows that change by themselves and are due, the most urgent ones; null for none now.</summary>
    /// <param name="now">The timestamp.</param>
    /// <param name="isAvailable">Returns true for a block or window that is not in flight and does not back off.</param>
    WholeListFetch? NextDue(long now, Func<int, bool> isAvailable);

    /// <summary>Returns the rows that it needs to complete the list; null for none now.</summary>
    /// <inheritdoc cref="NextDue"/>
    WholeListFetch? NextBackground(long now, Func<int, bool> isAvailable);

    /// <summary>Returns the time until it may request rows that it does not request now; null if time alone does not change that.</summary>
    TimeSpan? UntilNext(long now);

    /// <summary>
    /// Takes in a response. Completes at the latest after the timeout of one call to Redis: the end of the request waits for it.
    /// </summary>
    Task ReceiveAsync(ReceivedRows received);
}

/// <summary>A response of the upstream.</summary>
/// <param name="Number">The block or window that was requested; see <see cref="Upstream.RowWindow"/>.</param>
/// <param name="Response">Its rows.</param>
/// <param name="Permit">The permit of the request.</param>
internal sealed record ReceivedRows(int Number, NormalizedRows Response, Permit Permit);

/// <summary>Rows that the reader of the whole list requests.</summary>
/// <param name="Number">The block or window.</param>
/// <param name="IsEdge">True if new runs appear in them: they go before all due rows.</param>
/// <param name="Since">The timestamp of the departure of their last response, or of the start.</param>
/// <param name="Urgency">Their age as a multiple of the age at which they were due.</param>
internal readonly record struct WholeListFetch(int Number, bool IsEdge, long Since, double Urgency);

/// <summary>A mirror without a reader of the whole list.</summary>
internal sealed class NoWholeListReader : IWholeListReader
{
    public WholeListFetch? NextDue(long now, Func<int, bool> isAvailable) => null;

    public WholeListFetch? NextBackground(long now, Func<int, bool> isAvailable) => null;

    public TimeSpan? UntilNext(long now) => null;

    public Task ReceiveAsync(ReceivedRows received) => Task.CompletedTask;
}
