using NclueGateway.Hosting;
using NclueGateway.Redis;
using StackExchange.Redis;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>
/// The circuit breaker of the log, apart from that of the pacer: Redis may refuse the log alone, when it is full or its user lacks a right.
/// After a failure all calls fail at once for <see cref="RetryAfter"/>. A log that can be read and not written is away until it is written.
/// </summary>
[LogCategory("NclueGateway.TaskRuns.SnapshotLog")]
internal sealed partial class SnapshotLogCircuit(TimeProvider time, ILogger<SnapshotLogCircuit> logger)
{
    /// <summary>Timeout of an append: readers may wait for the end of its call.</summary>
    public static readonly TimeSpan AppendPatience = RedisCircuit.Patience;

    /// <summary>Timeout of all other calls, which no reader waits for. It includes connecting.</summary>
    public static readonly TimeSpan Patience = RedisCircuit.StartPatience;

    /// <summary>Time after a failure in which no call is made.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Failure? _read;
    private Failure? _write;
    private SnapshotLogState _state = new(IsAvailable: null, "not called yet");
    private long _awaySince;

    /// <summary>The current state of the log.</summary>
    public SnapshotLogState State => Volatile.Read(ref _state);

    /// <summary>Makes a call that reads.</summary>
    /// <exception cref="RedisAwayException">The log is away.</exception>
    public async Task<T> ReadAsync<T>(Func<Task<T>> call)
    {
        Refuse(_read);
        try
        {
            var result = await call().WaitAsync(Patience, time);
            Note(() => _read = null);
            return result;
        }
        catch (Exception failure) when (RedisCircuit.IsRedis(failure))
        {
            Note(() => _read = Failed(failure));
            throw new RedisAwayException();
        }
    }

    /// <summary>Makes a call that writes.</summary>
    /// <param name="call">The call.</param>
    /// <param name="patience">Its timeout.</param>
    /// <param name="isProof">True if its success shows that the log can be written again: false for a part of a write.</param>
    /// <exception cref="RedisAwayException">The log is away, or does not reply in time. The call may have been executed.</exception>
    public async Task<T> WriteAsync<T>(Func<Task<T>> call, TimeSpan patience, bool isProof = true)
    {
        Refuse(_read);
        Refuse(_write);
        try
        {
            var result = await call().WaitAsync(patience, time);
            Note(() => (_read, _write) = (null, isProof ? null : _write));
            return result;
        }
        catch (Exception failure) when (RedisCircuit.IsRedis(failure))
        {
            var noted = Failed(failure);
            var isUnreachable = failure is RedisConnectionException || noted.Reason == "LOADING";
            Note(() => (_read, _write) = isUnreachable ? (noted, _write) : (_read, noted));
            throw new RedisAwayException();
        }
    }

    private Failure Failed(Exception failure) => new(RedisCircuit.Describe(failure), time.GetTimestamp());

    private void Refuse(Failure? failure)
    {
        if (failure is not null && time.GetElapsedTime(failure.At) < RetryAfter)
        {
            throw new RedisAwayException();
        }
    }

    private void Note(Action change)
    {
        SnapshotLogState before;
        SnapshotLogState now;
        lock (_lock)
        {
            change();
            before = _state;
            now = (_read ?? _write) is { Reason: var reason } ? new(false, reason) : new(true, "");
            Volatile.Write(ref _state, now);
            if (now.IsAvailable == false && before.IsAvailable != false)
            {
                _awaySince = time.GetTimestamp();
            }
        }

        if (now.IsAvailable == false && before.IsAvailable != false)
        {
            Away(logger, now.Reason);
        }
        else if (now.IsAvailable == true && before.IsAvailable == false)
        {
            Back(logger, time.GetElapsedTime(_awaySince).TotalSeconds);
        }
    }

    [LoggerMessage(1, LogLevel.Warning,
        "The log of the snapshot in Redis is away ({Reason}): the snapshot of this replica does not change until it is back.")]
    private static partial void Away(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Information, "The log of the snapshot in Redis is back after {Seconds:0.0} s.")]
    private static partial void Back(ILogger logger, double seconds);

    private sealed record Failure(string Reason, long At);
}

/// <summary>The state of the log in Redis as of the last calls.</summary>
/// <param name="IsAvailable">True if it can be read and written; null before the first call has ended.</param>
/// <param name="Reason">The reason why it is away, without any part of a connection string; empty while it is not.</param>
internal sealed record SnapshotLogState(bool? IsAvailable, string Reason);
