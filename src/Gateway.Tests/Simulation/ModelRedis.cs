using Microsoft.Extensions.Caching.Distributed;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Upstream.Pacing;
using StackExchange.Redis;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// A model of Redis: it runs the model of the script, stores values, and replies with a latency. It can be unavailable
/// for all or some replicas, lose replies to executed calls, lose all data, and have its clock set.
/// </summary>
internal sealed class ModelRedis(World world, Func<PacerModel> pacer)
{
    /// <summary>Key of the snapshot's log, unless a test needs several.</summary>
    public const string UsualLog = "log";

    public static readonly (double From, double To) UsualLatency = (0.1, 1.5);

    private readonly Dictionary<string, byte[]> _values = [];
    private readonly Dictionary<string, ModelLog> _logs = [];
    private readonly HashSet<SimulatedProcess> _cutOff = [];

    public PacerModel Pacer { get; private set; } = pacer();

    /// <summary>The log of the snapshot.</summary>
    public ModelLog Log => LogOf(UsualLog);

    /// <summary>True if Redis refuses to write a log: its memory is full.</summary>
    public bool RefusesLog { get; set; }

    /// <summary>Number of writes to a log for which another replica was faster.</summary>
    public int LostRaces { get; private set; }

    /// <summary>Called when an entry was appended, before the replica knows it.</summary>
    public Action<SimulatedProcess> Appended { get; set; } = _ => { };

    /// <summary>Latency in each direction (ms).</summary>
    public (double From, double To) Latency { get; set; } = UsualLatency;

    public bool IsUp { get; private set; } = true;

    /// <summary>True if a call hangs while Redis is unavailable, instead of being refused.</summary>
    public bool Hangs { get; set; }

    /// <summary>The share of calls that are executed, but whose reply is lost.</summary>
    public double LostReplies { get; set; }

    /// <summary>Offset of its clock from the true time.</summary>
    public TimeSpan ClockOffset { get; set; }

    /// <summary>Called with the reply of each run of the script.</summary>
    public Action<SimulatedProcess, CoordinatorResponse> Ran { get; set; } = (_, _) => { };

    /// <summary>True if every replica that can reach Redis gets its replies in time.</summary>
    public bool IsReliable => LostReplies == 0 && Latency.To < 40;

    public long Clock => (long)Math.Floor((TimeSpan.FromTicks(world.Now) + ClockOffset).TotalMilliseconds);

    public bool CanReach(SimulatedProcess process) => IsUp && !_cutOff.Contains(process);

    public void Stop() => IsUp = false;

    public void Start(bool isEmpty)
    {
        IsUp = true;
        if (isEmpty)
        {
            Empty();
        }
    }

    /// <summary>FLUSHALL.</summary>
    public void Empty()
    {
        EmptyPacer();
        foreach (var log in _logs.Values)
        {
            log.Restore(new Dictionary<string, byte[]>());
        }
    }

    /// <summary>Removes all keys but those of the logs.</summary>
    public void EmptyPacer()
    {
        Pacer = pacer();
        _values.Clear();
    }

    /// <summary>Returns the log with a key.</summary>
    public ModelLog LogOf(string key)
    {
        if (!_logs.TryGetValue(key, out var log))
        {
            _logs[key] = log = new();
        }

        return log;
    }

    public void CutOff(SimulatedProcess process) => _cutOff.Add(process);

    public void Reconnect(SimulatedProcess process) => _cutOff.Remove(process);

    public Task<T> CallAsync<T>(SimulatedProcess process, Func<T> execute)
    {
        var reply = new TaskCompletionSource<T>();
        world.After(world.Between(Latency.From, Latency.To), () =>
        {
            if (!CanReach(process))
            {
                Lose(reply);
                return;
            }

            T value;
            try
            {
                value = execute();
            }
            catch (RedisServerException refusal)
            {
                world.After(world.Between(Latency.From, Latency.To), () => reply.TrySetException(refusal));
                return;
            }

            var isLost = world.Chance(LostReplies);
            world.After(world.Between(Latency.From, Latency.To), () =>
            {
                if (isLost || !CanReach(process))
                {
                    Lose(reply);
                    return;
                }

                reply.TrySetResult(value);
            });
        });
        return reply.Task;
    }

    public ICoordinatorScript ScriptFor(SimulatedProcess process) => new Script(this, process);

    public IDistributedCache CacheFor(SimulatedProcess process) => new Cache(this, process);

    public ILogStore LogFor(SimulatedProcess process, string key) => new LogStore(this, process, LogOf(key));

    private CoordinatorResponse Run(SimulatedProcess process, CoordinatorRequest call)
    {
        var reply = Pacer.Run(call, Clock) with { Log = new LogHead(LogOf(call.LogKey).Get(LogHead.Names)).Position };
        Ran(process, reply);
        return reply;
    }

    private void CheckWrite()
    {
        if (RefusesLog)
        {
            throw new RedisServerException(
                RedisErrorKind.OutOfMemory, CommandFlags.None, "OOM command not allowed when used memory > 'maxmemory'.");
        }
    }

    private void Lose<T>(TaskCompletionSource<T> reply)
    {
        if (!Hangs)
        {
            reply.TrySetException(new RedisConnectionException(ConnectionFailureType.SocketFailure, CommandFlags.None, "It is away."));
        }
    }

    private sealed class Script(ModelRedis redis, SimulatedProcess process) : ICoordinatorScript
    {
        public async Task<CoordinatorResponse> RunAsync(CoordinatorRequest call)
        {
            var reply = await redis.CallAsync(process, () => redis.Run(process, call));
            return (redis.Pacer, reply.Outcome) switch
            {
                (PacerInTwoSteps pacer, PacerInTwoSteps.CouldBeGranted) =>
                    await redis.CallAsync(process, () => pacer.RunSecond(call, redis.Clock)),
                (PacerThatTrustsClocks, CoordinatorOutcome.Granted) =>
                    reply with { Now = reply.Now + (long)process.WallClockOffset.TotalMilliseconds },
                _ => reply,
            };
        }
    }

    private sealed class Cache(ModelRedis redis, SimulatedProcess process) : IDistributedCache
    {
        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) =>
            redis.CallAsync(process, () => redis._values.GetValueOrDefault(key));

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
            redis.CallAsync(process, () => redis._values[key] = value);

        public Task RemoveAsync(string key, CancellationToken token = default) =>
            redis.CallAsync(process, () => redis._values.Remove(key));

        public byte[]? Get(string key) => throw new NotSupportedException();

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

        public void Refresh(string key) => throw new NotSupportedException();

        public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

        public void Remove(string key) => throw new NotSupportedException();
    }

    private sealed class LogStore(ModelRedis redis, SimulatedProcess process, ModelLog log) : ILogStore
    {
        public Task<IReadOnlyList<byte[]?>> GetAsync(IReadOnlyList<string> names) => redis.CallAsync(process, () => log.Get(names));

        public Task SetPieceAsync(LogField piece) => redis.CallAsync(process, () =>
        {
            redis.CheckWrite();
            log.Spoil(piece.Name, piece.Value);
            return true;
        });

        public Task<bool> TryWriteAsync(IReadOnlyList<LogField> expected, IReadOnlyList<LogField> written) => redis.CallAsync(process, () =>
        {
            redis.CheckWrite();
            var isWritten = log.TryWrite(expected, written);
            if (isWritten && written is [var first, ..] && char.IsAsciiDigit(first.Name[0]))
            {
                redis.Appended(process);
            }

            redis.LostRaces += isWritten ? 0 : 1;
            return isWritten;
        });

        public Task<long> GetTimeAsync() => redis.CallAsync(process, () => redis.Clock);

        public Task KeepAsync() => redis.CallAsync(process, () => true);
    }
}
