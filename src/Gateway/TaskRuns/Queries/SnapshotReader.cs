using System.Globalization;
using NclueGateway.Http;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Mirror.Refresh;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Time;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>
/// Reads versions of the snapshot for callers, depending on their age. A complete version is returned at once; a too old one after a wait
/// for a newer one, if there is one in time.
/// </summary>
internal sealed class SnapshotReader
{
    /// <summary>Maximum time to wait for the shared log.</summary>
    private static readonly TimeSpan ReadLogFor = TimeSpan.FromSeconds(1);

    /// <summary>The version before the first response.</summary>
    private static readonly ReadableSnapshot Nothing = new(SnapshotState.Empty, 0);

    private readonly SnapshotWriter _writer;
    private readonly SnapshotVersions _versions;
    private readonly SnapshotInterest _interest;
    private readonly ISnapshotLog _log;
    private readonly ReaderWaits _waits;
    private readonly DepartureClock _clock;
    private readonly CacheOptions _cache;
    private readonly SnapshotOptions _options;
    private readonly NclueOptions _nclue;
    private readonly SnapshotSchedule _schedule;
    private readonly TimeProvider _time;
    private readonly ChangeSignal _advanced = new();

    public SnapshotReader(
        SnapshotWriter writer,
        SnapshotVersions versions,
        SnapshotInterest interest,
        SnapshotSchedule schedule,
        ISnapshotLog log,
        ReaderWaits waits,
        DepartureClock clock,
        CacheOptions cache,
        SnapshotOptions options,
        NclueOptions nclue,
        TimeProvider time)
    {
        (_writer, _versions, _interest, _schedule, _log) = (writer, versions, interest, schedule, log);
        (_waits, _clock, _cache, _options, _nclue, _time) = (waits, clock, cache, options, nclue, time);
        writer.Advanced += (_, _) => _advanced.Raise();
    }

    /// <summary>Reads the newest version.</summary>
    /// <param name="isPartial">True for a caller who accepts an incomplete list.</param>
    /// <param name="cancellationToken">Ends the wait of this caller only.</param>
    public async ValueTask<SnapshotRead> ReadAsync(bool isPartial, CancellationToken cancellationToken)
    {
        _interest.Ask();
        if (_versions.Newest is null)
        {
            await ReadLogAsync(cancellationToken); // another replica may have the list already
        }

        var since = _time.GetTimestamp();
        for (var hasWaited = false; ; hasWaited = true)
        {
            var (advanced, changed) = (_advanced.Next, _waits.Changed); // before the state is read, so that no change is missed
            if (_writer.IsTooLarge)
            {
                return Refuse(TooLarge);
            }

            if (_versions.Newest is not { IsComplete: true } newest)
            {
                return isPartial ? Hit(_versions.Newest ?? Nothing) : Refuse(Building());
            }

            var age = _clock.AgeOf(newest.ReadAt);
            if (age <= _cache.FreshFor + _cache.ServeStaleFor)
            {
                return hasWaited ? Of(newest, CacheOutcome.Renewed) : Hit(newest);
            }

            var left = _cache.WaitFor - _time.GetElapsedTime(since);
            if (_waits.Failure is not null || _log.Away is not null || left <= TimeSpan.Zero)
            {
                return age > _cache.KeepFor ? Refuse(TooOld()) : hasWaited ? Of(newest, CacheOutcome.Stale) : Hit(newest);
            }

            await WaitAsync(Task.WhenAny(advanced, changed), left, cancellationToken);
        }
    }

    /// <summary>Reads the version that the response with a cursor was from.</summary>
    /// <param name="version">The version of the cursor.</param>
    /// <param name="isPartial">True for a caller who accepts an incomplete list.</param>
    /// <param name="cancellationToken">Ends the wait of this caller only.</param>
    public async ValueTask<SnapshotRead> ReadAsync(SnapshotVersion version, bool isPartial, CancellationToken cancellationToken)
    {
        _interest.Ask();
        var place = await LocateAsync(version, cancellationToken);
        if (place == VersionPlace.Kept && _versions.Find(version) is { } found && (found.IsComplete || isPartial))
        {
            return Hit(found) is { Age: var age } read && age <= _cache.KeepFor ? read : Refuse(TooOld());
        }

        var expired = SnapshotProblems.CursorExpired;
        return Refuse(RefusalOf(place, "cursor", expired) ?? new(expired));
    }

    /// <summary>Finds out whether this replica has a version, and reads the shared log first if that may have it.</summary>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Ends the wait of this caller only.</param>
    public async ValueTask<VersionPlace> LocateAsync(SnapshotVersion version, CancellationToken cancellationToken)
    {
        var isRead = true;
        for (var reads = 0; reads < 2 && isRead && _versions.Find(version) is null && IsAhead(version); reads++)
        {
            isRead = await ReadLogAsync(cancellationToken); // twice: a shared read may have begun before the version was appended
        }

        var isAhead = IsAhead(version); // before the version is looked for, so that one that is published meanwhile is found
        return _versions.Find(version) is not null ? VersionPlace.Kept
            : !isAhead ? VersionPlace.Expired
            : !isRead || _log.Away is not null ? VersionPlace.Unreadable
            : version.Epoch != _writer.State.Top.Epoch ? VersionPlace.Expired
            : VersionPlace.Nonexistent;
    }

    /// <summary>Returns the response in place of a version; null for one that the replica has.</summary>
    /// <param name="place">The knowledge of the replica about it.</param>
    /// <param name="parameter">The parameter that names it, for errors.</param>
    /// <param name="expired">The problem for a version that is no longer kept.</param>
    public ProblemResult? RefusalOf(VersionPlace place, string parameter, ProblemType expired) => place switch
    {
        VersionPlace.Kept => null,
        VersionPlace.Nonexistent => new(HttpProblems.InvalidRequest)
        {
            Errors = new Dictionary<string, string[]> { [parameter] = ["There is no such version."] },
        },
        VersionPlace.Unreadable => new(SnapshotProblems.ListIncomplete)
        {
            Detail = "Redis is unavailable, so that this replica cannot read this version of the list now.",
            RetryAfter = ReadLogFor,
            Extensions = Progress(),
        },
        _ => new(expired),
    };

    /// <summary>Returns a version that a caller gets without waiting, with its age.</summary>
    public SnapshotRead Describe(ReadableSnapshot snapshot) => Hit(snapshot);

    /// <summary>Returns a run of a version, or of a newer one that has it; null if there is none.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="read">The version that does not have it.</param>
    /// <param name="cancellationToken">Ends the wait of this caller only.</param>
    public async ValueTask<SnapshotRead> FindNewerAsync(string id, SnapshotRead read, CancellationToken cancellationToken)
    {
        var since = _time.GetTimestamp();
        var departure = _clock.EarliestAfter(since); // departures are whole milliseconds: TimestampOf of the next one may be before this
        _schedule.RequestEdge();
        while (true)
        {
            var (advanced, changed) = (_advanced.Next, _waits.Changed);
            var newest = Of(_versions.Shown ?? read.Snapshot!, CacheOutcome.Renewed);
            var left = _cache.WaitFor - _time.GetElapsedTime(since);
            if (newest.Snapshot!.State.Roll.Find([id]).Count > 0 || newest.Snapshot.State.Roll.Traits.EdgeReadAt >= departure
                || _waits.Failure is not null || _log.Away is not null || left <= TimeSpan.Zero)
            {
                return newest;
            }

            await WaitAsync(Task.WhenAny(advanced, changed), left, cancellationToken);
        }
    }

    private ProblemResult TooLarge => new(SnapshotProblems.ListTooLarge)
    {
        Detail = $"The list is longer than Snapshot:MaxRuns, which is {_options.MaxRuns.ToString(CultureInfo.InvariantCulture)}.",
    };

    /// <summary>Returns true if a version may be in entries of the log that this replica has not read.</summary>
    private bool IsAhead(SnapshotVersion version)
    {
        var top = _writer.State.Top;
        return version.Epoch > top.Epoch || (version.Epoch == top.Epoch && version.Number > top.Number);
    }

    /// <summary>Reads the shared log; returns false if that takes longer than a caller waits: Redis may be away.</summary>
    private async Task<bool> ReadLogAsync(CancellationToken cancellationToken)
    {
        var reading = _writer.ReadLogAsync();
        await _time.WaitAsync(reading, ReadLogFor, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return reading.IsCompleted;
    }

    private async Task WaitAsync(Task changed, TimeSpan left, CancellationToken cancellationToken)
    {
        await _time.WaitAsync(changed, left, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private SnapshotRead Hit(ReadableSnapshot snapshot) => Of(snapshot, CacheOutcome.Hit);

    private SnapshotRead Of(ReadableSnapshot snapshot, CacheOutcome outcome)
    {
        var age = snapshot.State.Roll.Count == 0 && !snapshot.IsComplete ? TimeSpan.Zero : _clock.AgeOf(snapshot.ReadAt);
        return new(snapshot, age, new(outcome, _cache.FreshFor - age, Detail: Detail(age)));
    }

    /// <summary>Returns what keeps the version from being fresh, or what limits its promises; null for nothing.</summary>
    private string? Detail(TimeSpan age) =>
        age > _cache.FreshFor && _waits.Failure is { } failure ? ReadFailure.ProblemOf(failure).Slug
        : _log.Away is not null ? "redis-away"
        : _writer.Order == ListOrder.Unordered ? "unordered"
        : null;

    private ProblemResult Building()
    {
        if (_waits.Failure is { Kind: NclueFailureKind.CredentialsRefused or NclueFailureKind.Unreadable } failure)
        {
            return new(ReadFailure.ProblemOf(failure)) { Detail = failure.Detail };
        }

        var roll = _writer.State.Roll;
        var rows = Math.Max(0, (roll.Traits.ExpectedTotal ?? 0) - roll.Count);
        return new(SnapshotProblems.ListIncomplete)
        {
            Detail = _log.Away is null ? null : "Redis is unavailable, and with it the copy that the replicas share.",
            RetryAfter = _nclue.RequestInterval * (1 + (rows / (double)(TaskRunRows.Capacity - SnapshotPlan.Overlap))),
            Extensions = Progress(),
        };
    }

    /// <summary>Returns the problem for a copy that is older than <c>Cache:KeepFor</c>.</summary>
    private ProblemResult TooOld() => _waits.Failure is { } failure
        ? new(ReadFailure.ProblemOf(failure))
        {
            Detail = failure.Detail,
            RetryAfter = ReadFailure.ProblemOf(failure).Status == StatusCodes.Status503ServiceUnavailable ? _nclue.RequestInterval : null,
        }
        : new(SnapshotProblems.ListIncomplete)
        {
            Detail = "The copy of the list is older than Cache:KeepFor, and is being read again.",
            RetryAfter = _nclue.RequestInterval,
            Extensions = Progress(),
        };

    private Dictionary<string, object?> Progress() => new()
    {
        ["runs"] = _writer.State.Roll.Count,
        ["expectedTotal"] = _writer.State.Roll.Traits.ExpectedTotal,
    };

    private static SnapshotRead Refuse(ProblemResult refusal) => new(null, default, default, refusal);
}
