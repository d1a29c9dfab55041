namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>A field of the log's hash.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value; empty for a missing field.</param>
internal readonly record struct LogField(string Name, byte[] Value);

/// <summary>The hash in Redis that is the log of all replicas. Values come from a Redis that other programs can write to.</summary>
internal interface ILogStore
{
    /// <summary>Maximum length of a value. A longer one counts as missing.</summary>
    const int MaxValueLength = 4 * 1024 * 1024;

    /// <summary>Reads fields.</summary>
    /// <returns>The values of the first fields, at least one, and as many as one reply should have; null for missing ones.</returns>
    Task<IReadOnlyList<byte[]?>> GetAsync(IReadOnlyList<string> names);

    /// <summary>Writes a piece of a checkpoint, ahead of <see cref="TryWriteAsync"/>.</summary>
    Task SetPieceAsync(LogField piece);

    /// <summary>
    /// Writes fields, if others have expected values, in one step: <c>append.lua</c>. When it writes the checkpoints, it demands all
    /// pieces of the newest one, and removes what none of them needs.
    /// </summary>
    /// <returns>False if a field has another value, or a piece is missing.</returns>
    Task<bool> TryWriteAsync(IReadOnlyList<LogField> expected, IReadOnlyList<LogField> written);

    /// <summary>Returns the time of Redis, in milliseconds since 1970.</summary>
    Task<long> GetTimeAsync();

    /// <summary>Extends the log's lifetime.</summary>
    Task KeepAsync();
}
