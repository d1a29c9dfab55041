using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Simulation;
using StackExchange.Redis;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>The model of the log as one replica reaches it: at once, or not at all.</summary>
internal sealed class ModelLogStore(ModelLog log) : ILogStore
{
    /// <summary>True while the replica is cut off.</summary>
    public bool IsAway { get; set; }

    /// <summary>True while writes are executed and their replies are lost.</summary>
    public bool LosesReplies { get; set; }

    /// <summary>The time of the model's Redis.</summary>
    public long Time { get; set; }

    /// <summary>The act of another replica before the next write; null for none.</summary>
    public Func<Task>? BeforeWrite { get; set; }

    public Task<IReadOnlyList<byte[]?>> GetAsync(IReadOnlyList<string> names) => Call(() => log.Get(names));

    public Task SetPieceAsync(LogField piece) => Call(() =>
    {
        log.Spoil(piece.Name, piece.Value);
        return true;
    });

    public async Task<bool> TryWriteAsync(IReadOnlyList<LogField> expected, IReadOnlyList<LogField> written)
    {
        if (written.Count > 0 && BeforeWrite is { } act)
        {
            BeforeWrite = null;
            await act();
        }

        var isWritten = await Call(() => log.TryWrite(expected, written));
        return LosesReplies ? throw new TimeoutException() : isWritten;
    }

    public Task<long> GetTimeAsync() => Call(() => Time);

    public Task KeepAsync() => Call(() => true);

    private Task<T> Call<T>(Func<T> call) => IsAway
        ? Task.FromException<T>(new RedisConnectionException(ConnectionFailureType.SocketFailure, CommandFlags.None, "away"))
        : Task.FromResult(call());
}
