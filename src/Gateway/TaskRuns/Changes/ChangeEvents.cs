using System.Text.Json;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.TaskRuns.Changes.ChangeDtos;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>Makes the messages of the event stream. Those that all streams get at the same time are made once.</summary>
internal sealed class ChangeEvents(DepartureClock clock, TimeProvider time)
{
    /// <summary>Name of a message with the changes of one version.</summary>
    public const string Changes = "changes";

    private Made? _bookmark;
    private Made? _reset;
    private MadeProgress? _progress;

    /// <summary>Returns the message about a version that a reader has reached, or is at when its stream begins.</summary>
    public EventMessage Bookmark(ReadableSnapshot version) => Get(ref _bookmark, "bookmark", version);

    /// <summary>Returns the message about the newest version to a reader that is at another one, which this replica cannot read.</summary>
    public EventMessage BookmarkAt(SnapshotVersion position, ReadableSnapshot newest) =>
        Create("bookmark", Describe(newest), position.ToString());

    /// <summary>Returns the message to a reader whose position leads nowhere: it leaves the reader at a version.</summary>
    public EventMessage Reset(ReadableSnapshot version) => Get(ref _reset, "reset", version);

    /// <summary>Returns the message about a list that is not complete yet.</summary>
    public EventMessage Progress(Roll roll)
    {
        var (runs, expected) = (roll.Count, roll.Traits.ExpectedTotal);
        if (Volatile.Read(ref _progress) is not { } made || made.Runs != runs || made.ExpectedTotal != expected)
        {
            made = new(runs, expected, Create("progress", new Progress { Runs = runs, ExpectedTotal = expected }, id: null));
            Volatile.Write(ref _progress, made);
        }

        return made.Message;
    }

    /// <summary>Returns the message before a planned end.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="position">The version that the reader has reached; null while the list is not complete.</param>
    public static EventMessage End(EndReason reason, SnapshotVersion? position) =>
        Create("end", new StreamEnd { Reason = reason }, position?.ToString());

    private EventMessage Get(ref Made? last, string name, ReadableSnapshot version)
    {
        // Each read of the list that was taken in publishes another object, also when it changed nothing.
        if (Volatile.Read(ref last) is not { } made || !ReferenceEquals(made.Version, version))
        {
            made = new(version, Create(name, Describe(version), version.Version.ToString()));
            Volatile.Write(ref last, made);
        }

        return made.Message;
    }

    private Bookmark Describe(ReadableSnapshot version)
    {
        var asOf = time.GetUtcNow() - clock.AgeOf(version.ReadAt);
        return new()
        {
            AsOf = asOf.AddTicks(-(asOf.Ticks % TimeSpan.TicksPerMillisecond)), // rounded down: an age is never understated
            Total = version.State.Roll.Count,
            Complete = true,
        };
    }

    private static EventMessage Create<T>(string name, T data, string? id) =>
        new(name, JsonSerializer.SerializeToUtf8Bytes(data, TaskRunWriter.Options), id);

    private sealed record Made(ReadableSnapshot Version, EventMessage Message);

    private sealed record MadeProgress(int Runs, long? ExpectedTotal, EventMessage Message);
}
