using System.Net.Sockets;
using System.Security.Authentication;
using NclueGateway.Hosting;
using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>
/// A circuit breaker for Redis. A call that fails, or gets no reply within <see cref="Patience"/>, opens the circuit.
/// While it is open, only the probe that closes it calls Redis. So a reader waits at most once for a Redis that does not
/// reply.
/// </summary>
/// <remarks>
/// The timeouts of the clients are not sufficient: <c>RedisCache</c> ignores its cancellation token, and
/// StackExchange.Redis checks for timeouts only twice a second. Redis may still execute a call that has timed out.
/// </remarks>
[LogCategory("NclueGateway.Redis.RedisCircuit")]
internal sealed partial class RedisCircuit(TimeProvider time, ILogger<RedisCircuit> logger)
{
    /// <summary>The timeout of calls to Redis.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>The timeout at startup, when the process has to connect and its code is not compiled yet.</summary>
    public static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(2);

    private RedisState _state = new(IsAvailable: null, time.GetTimestamp(), time.GetTimestamp(), "not called yet");

    /// <summary>The current state of Redis.</summary>
    public RedisState State => Volatile.Read(ref _state);

    /// <summary>Makes a call if the circuit is closed.</summary>
    /// <exception cref="RedisAwayException">Redis does not reply, or not in time. The call may have been executed.</exception>
    public Task<T> RunAsync<T>(Func<Task<T>> call) => RunAsync(call, Patience);

    /// <inheritdoc cref="RunAsync{T}(Func{Task{T}})"/>
    /// <param name="patience">The timeout, for calls that no reader waits for.</param>
    public Task<T> RunAsync<T>(Func<Task<T>> call, TimeSpan patience) =>
        State.IsAvailable == true ? CallAsync(call, patience, isProbe: false) : Task.FromException<T>(new RedisAwayException());

    /// <summary>
    /// Makes a call if the circuit is closed. Returns false if Redis does not reply, or not in time; the call may still have been executed.
    /// </summary>
    public async Task<bool> TryRunAsync(Func<Task> call)
    {
        try
        {
            return await RunAsync(async () =>
            {
                await call();
                return true;
            });
        }
        catch (RedisAwayException)
        {
            return false;
        }
    }

    /// <summary>Makes a call also while the circuit is open, and closes the circuit if Redis replies.</summary>
    /// <exception cref="RedisAwayException">Redis does not reply, or not in time. The call may have been executed.</exception>
    /// <param name="patience">The timeout.</param>
    public Task<T> ProbeAsync<T>(Func<Task<T>> call, TimeSpan patience) => CallAsync(call, patience, isProbe: true);

    private async Task<T> CallAsync<T>(Func<Task<T>> call, TimeSpan patience, bool isProbe)
    {
        var startedAt = time.GetTimestamp();
        try
        {
            var reply = await call().WaitAsync(patience, time);
            if (isProbe)
            {
                Note(isAvailable: true, startedAt, "");
            }

            return reply;
        }
        catch (Exception failure) when (IsRedis(failure))
        {
            Note(isAvailable: false, startedAt, Describe(failure));
            throw new RedisAwayException();
        }
    }

    private void Note(bool isAvailable, long startedAt, string reason)
    {
        var before = State;
        var now = new RedisState(isAvailable, before.IsAvailable == isAvailable ? before.Since : time.GetTimestamp(), startedAt, reason);
        if (Interlocked.CompareExchange(ref _state, now, before) == before && before.IsAvailable != isAvailable)
        {
            if (!isAvailable)
            {
                Away(logger, reason);
            }
            else if (before.IsAvailable == false)
            {
                Back(logger, time.GetElapsedTime(before.Since, now.Since).TotalSeconds);
            }
        }
    }

    /// <summary>Returns true for a failure of Redis, or of the connection to it.</summary>
    internal static bool IsRedis(Exception failure) => failure is RedisException or TimeoutException or ObjectDisposedException
        or SocketException or IOException or AuthenticationException or AggregateException;

    /// <summary>Returns the reason of a failure, without any part of a connection string.</summary>
    internal static string Describe(Exception failure) => failure switch
    {
        RedisServerException { Message: var message }
            when message.StartsWith("ERR The user executing the script", StringComparison.Ordinal) => "NOPERM", // Redis 7 within a script
        RedisServerException { Message: var message }
            when message.Split(' ')[0] is { Length: > 2 } code && code.All(char.IsAsciiLetterUpper) => code,
        RedisConnectionException { InnerException: { } inner } when Cause(inner) is { } cause => Describe(cause),
        RedisConnectionException { FailureType: var type } => $"{type}",
        TimeoutException => "no reply in time",
        UnreadableReplyException => "a reply that cannot be read",
        _ => failure.GetType().Name,
    };

    /// <summary>Returns the error of Redis, or of the attempt to connect, within an exception; null if there is none.</summary>
    private static Exception? Cause(Exception inner) => inner switch
    {
        AggregateException several => several.InnerExceptions.Select(Cause).FirstOrDefault(cause => cause is not null),
        RedisServerException or RedisConnectionException => inner,
        _ => null,
    };

    [LoggerMessage(1, LogLevel.Warning,
        "Redis is away ({Reason}): responses come from memory, and this replica uses only its own share of the budget until Redis "
            + "is back.")]
    private static partial void Away(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Information, "Redis is back after {Seconds:0.0} s.")]
    private static partial void Back(ILogger logger, double seconds);
}

/// <summary>The state of Redis as of the last call.</summary>
/// <param name="IsAvailable">True if Redis replies; null before the first call has ended.</param>
/// <param name="Since">The timestamp at which this state began.</param>
/// <param name="SeenAt">The timestamp of the last call that showed it: a probe with a reply, or any call without one.</param>
/// <param name="Reason">The reason why Redis does not reply; empty while it does.</param>
internal sealed record RedisState(bool? IsAvailable, long Since, long SeenAt, string Reason);

/// <summary>The exception that is thrown when Redis does not reply, or not in time.</summary>
internal sealed class RedisAwayException() : Exception("Redis does not reply.");
