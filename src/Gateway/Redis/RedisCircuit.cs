using System.Net.Sockets;
using System.Security.Authentication;
using NclueGateway.Hosting;
using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>
/// Whether Redis answers. A call that fails, or has no answer within <see cref="Patience"/>, opens the circuit; while it is open nobody asks
/// Redis but the probe that closes it. So a reader waits for a Redis that is away at most once.
/// </summary>
/// <remarks>
/// The clients' own timeouts do not do: <c>RedisCache</c> ignores its token, and StackExchange.Redis looks for timeouts twice a second. A call
/// that nobody waits for any more may still be executed.
/// </remarks>
[LogCategory("NclueGateway.Redis.RedisCircuit")]
internal sealed partial class RedisCircuit(TimeProvider time, ILogger<RedisCircuit> logger)
{
    /// <summary>The longest that anybody waits for Redis.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest that a process waits at its start, when it has to connect and nothing has been compiled.</summary>
    public static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(2);

    private RedisState _state = new(IsAnswering: null, time.GetTimestamp(), time.GetTimestamp(), "not asked yet");

    /// <summary>Whether Redis answers, and since when.</summary>
    public RedisState State => Volatile.Read(ref _state);

    /// <summary>Makes a call if Redis answers.</summary>
    /// <exception cref="RedisAwayException">It does not, or not in time. The call may have been executed.</exception>
    public Task<T> RunAsync<T>(Func<Task<T>> call) => RunAsync(call, Patience);

    /// <inheritdoc cref="RunAsync{T}(Func{Task{T}})"/>
    /// <param name="patience">How long to wait, where nobody waits who would notice.</param>
    public Task<T> RunAsync<T>(Func<Task<T>> call, TimeSpan patience) =>
        State.IsAnswering == true ? CallAsync(call, patience, isProbe: false) : Task.FromException<T>(new RedisAwayException());

    /// <summary>Makes a call if Redis responds. False when it does not, or not in time; the call may have been executed all the same.</summary>
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

    /// <summary>Makes a call whether or not Redis answers, and closes the circuit when it does.</summary>
    /// <exception cref="RedisAwayException">It does not, or not in time. The call may have been executed.</exception>
    /// <param name="patience">How long to wait for the answer.</param>
    public Task<T> ProbeAsync<T>(Func<Task<T>> call, TimeSpan patience) => CallAsync(call, patience, isProbe: true);

    private async Task<T> CallAsync<T>(Func<Task<T>> call, TimeSpan patience, bool isProbe)
    {
        var askedAt = time.GetTimestamp();
        try
        {
            var answer = await call().WaitAsync(patience, time);
            if (isProbe)
            {
                Note(isAnswering: true, askedAt, "");
            }

            return answer;
        }
        catch (Exception failure) when (IsRedis(failure))
        {
            Note(isAnswering: false, askedAt, Describe(failure));
            throw new RedisAwayException();
        }
    }

    private void Note(bool isAnswering, long askedAt, string reason)
    {
        var before = State;
        var now = new RedisState(isAnswering, before.IsAnswering == isAnswering ? before.Since : time.GetTimestamp(), askedAt, reason);
        if (Interlocked.CompareExchange(ref _state, now, before) == before && before.IsAnswering != isAnswering)
        {
            if (!isAnswering)
            {
                Away(logger, reason);
            }
            else if (before.IsAnswering == false)
            {
                Back(logger, time.GetElapsedTime(before.Since, now.Since).TotalSeconds);
            }
        }
    }

    private static bool IsRedis(Exception failure) => failure is RedisException or TimeoutException or ObjectDisposedException
        or SocketException or IOException or AuthenticationException or AggregateException;

    /// <summary>Why, in words that hold nothing of a connection string.</summary>
    internal static string Describe(Exception failure) => failure switch
    {
        RedisServerException { Message: var message } when message.Split(' ')[0] is { Length: > 2 } code && code.All(char.IsAsciiLetterUpper) => code,
        RedisConnectionException { InnerException: { } inner } when Cause(inner) is { } cause => Describe(cause),
        RedisConnectionException { FailureType: var type } => $"{type}",
        TimeoutException => "no answer in time",
        UnreadableReplyException => "an answer that cannot be read",
        _ => failure.GetType().Name,
    };

    /// <summary>What Redis, or the attempt to connect, has said.</summary>
    private static Exception? Cause(Exception inner) => inner switch
    {
        AggregateException several => several.InnerExceptions.Select(Cause).FirstOrDefault(cause => cause is not null),
        RedisServerException or RedisConnectionException => inner,
        _ => null,
    };

    [LoggerMessage(1, LogLevel.Warning,
        "Redis is away ({Reason}): answers come from memory, and this replica keeps to its own share of the budget until it is back.")]
    private static partial void Away(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Information, "Redis is back after {Seconds:0.0} s.")]
    private static partial void Back(ILogger logger, double seconds);
}

/// <summary>Whether Redis answers.</summary>
/// <param name="IsAnswering">Null before the first call has ended.</param>
/// <param name="Since">The timestamp since when.</param>
/// <param name="SeenAt">The timestamp when this was tried last: by a probe that was answered, or by any call that was not.</param>
/// <param name="Reason">Why it does not; empty while it does.</param>
internal sealed record RedisState(bool? IsAnswering, long Since, long SeenAt, string Reason);

/// <summary>Redis does not answer.</summary>
internal sealed class RedisAwayException() : Exception("Redis does not answer.");
