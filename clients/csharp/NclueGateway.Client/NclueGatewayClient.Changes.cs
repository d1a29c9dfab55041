using System.Runtime.CompilerServices;

namespace NclueGateway.Client;

/// <content>Changes of the whole list: one after the other as they happen, or all since a version.</content>
public sealed partial class NclueGatewayClient
{
    private static readonly TimeSpan MaxChangesWait = TimeSpan.FromSeconds(25);

    /// <summary>
    /// Returns the whole list, and then each change of it a few seconds after it happened, until it is cancelled. Apply whole
    /// updates (<see cref="TaskRunUpdate.ApplyTo"/>): after each one the caller has exactly one version of the list.
    /// </summary>
    /// <remarks>
    /// It reads the list in pages of 100, and then keeps an event stream open. After a cut, 45 seconds of silence, a restart of the
    /// gateway or the planned end of a stream it goes on where it was, on any replica. No change is lost: if the gateway no
    /// longer has the changes, the next update is a <see cref="TaskRunList"/>.
    /// <para>
    /// A failure of the first request ends the sequence, unless a 429 or 503 specifies when to try again. After that, a failure
    /// that may be temporary does not: no response, 429, 5xx but 501, and one 401, since the token may have expired meanwhile. The
    /// next attempt is after <c>Retry-After</c>, or after 2 to 36 seconds. A permanent failure ends the sequence with its
    /// exception, such as <see cref="ProblemSlugs.Unauthenticated"/>, <see cref="ProblemSlugs.Forbidden"/> or
    /// <see cref="ProblemSlugs.ListTooLarge"/>.
    /// </para>
    /// <para>
    /// While the caller handles an update, nothing is read. A caller that stays behind for longer than the gateway keeps
    /// versions (ten minutes, by default) gets a <see cref="TaskRunList"/>. A caller may have 8 streams open (by default) on each
    /// replica.
    /// </para>
    /// </remarks>
    /// <param name="options">Options.</param>
    /// <param name="cancellationToken">Ends the sequence with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<TaskRunUpdate> WatchAsync(
        WatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var all = AddressOf(new TaskRunQuery(), limit: 100);
        var limits = new WaitLimits(MaxRetryWait, List: TimeSpan.Zero); // the stream reports when the list is complete
        var watch = new ListWatch(
            cancelled => FollowAsync(all, isQuery: true, limits, cancelled), new(_http, Changes, _time), options, _time);
        await foreach (var update in watch.RunAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return update;
        }
    }

    /// <summary>Reads the changes of the list since a version of it: for callers that cannot keep a stream open.</summary>
    /// <param name="since">
    /// <see cref="TaskRunPage.Version"/>, or <see cref="TaskRunDelta.Version"/> of the last call. Null for a delta without changes,
    /// whose version is the newest one.
    /// </param>
    /// <param name="wait">
    /// Maximum time to wait for a change, if there is none yet: 0 (the default) to 25 seconds, in whole seconds. It must be
    /// shorter than <see cref="HttpClient.Timeout"/>.
    /// </param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    /// <exception cref="NclueGatewayException">
    /// <see cref="ProblemSlugs.ChangesExpired"/>: read the list again, and go on from its version.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="wait"/> is out of range.</exception>
    public async Task<TaskRunDelta> GetChangesAsync(
        string? since = null, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(wait, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wait, MaxChangesWait);
        int? seconds = wait == TimeSpan.Zero ? null : (int)Math.Ceiling(wait.TotalSeconds);
        var address = new Uri(Changes, QueryString.OfChanges(since, seconds));
        var delta = await ReadAsync(address, known: null, ContentJson.ReadDelta, cancellationToken).ConfigureAwait(false);
        return delta with { Version = QueryString.SinceIn(delta.Next) ?? throw BadLink("has no version") };
    }
}
