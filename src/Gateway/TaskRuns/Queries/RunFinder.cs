using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Finds single runs, and reads NCLUE's newest rows for an id that the copy does not have.</summary>
/// <param name="reader">Reads versions of the list.</param>
/// <param name="clock">The clock of departures.</param>
internal sealed class RunFinder(SnapshotReader reader, DepartureClock clock)
{
    /// <summary>Finds a run.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="cancellationToken">Ends the wait of this caller only.</param>
    /// <returns>The run with its own age, or none with that of the list, or a refusal.</returns>
    public async ValueTask<(SnapshotRead Read, SnapshotRun? Run)> FindAsync(string id, CancellationToken cancellationToken)
    {
        var read = await reader.ReadAsync(isPartial: true, cancellationToken);
        if (read is { Refusal: null, Snapshot.IsComplete: false } && Find(read, id) is null)
        {
            read = await reader.ReadAsync(isPartial: false, cancellationToken); // a refusal with the progress, as a rule
        }

        if (read.Refusal is null && Find(read, id) is null)
        {
            read = await reader.FindNewerAsync(id, read, cancellationToken);
        }

        if (read.Refusal is not null || Find(read, id) is not { } entry)
        {
            return (read, null);
        }

        var age = clock.AgeOf(entry.LastHeld);
        return (read with { Age = age, Status = read.Status with { Ttl = read.Status.Ttl + read.Age - age } }, entry.Run);
    }

    private static RollEntry? Find(SnapshotRead read, string id)
    {
        var roll = read.Snapshot!.State.Roll;
        return roll.Find([id]).TryGetValue(id, out var place) ? roll.At(place) : null;
    }
}
