using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using NclueGateway.Access.Sessions;
using NclueGateway.Http;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Time;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>Collects the changes for one poll, and waits for them if the caller wants that.</summary>
internal sealed class ChangePolls(
    SnapshotReader reader, SnapshotVersions versions, ChangeSets sets, OpenStreams open, ChangesMetrics metrics, TimeProvider time)
{
    /// <summary>Reads the changes of a complete list.</summary>
    /// <param name="context">The request.</param>
    /// <param name="request">The parameters.</param>
    /// <param name="newest">The newest version.</param>
    public async Task<PollResult> ReadAsync(HttpContext context, ChangesRequest request, SnapshotVersion newest)
    {
        if (request.Since is not { } since)
        {
            return Write(newest, []);
        }

        var place = await reader.LocateAsync(since, context.RequestAborted);
        if (reader.RefusalOf(place, request.Source, SnapshotProblems.ChangesExpired) is { } refusal)
        {
            return Refuse(refusal);
        }

        var (reached, changes) = Collect(since);
        if (changes is { Count: 0 } && request.Wait > TimeSpan.Zero)
        {
            var lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
            if (open.TryOpen(LastingAccess.Of(context), lifetime, out var full) is not { } waiting)
            {
                return Refuse(full!);
            }

            context.Features.Get<IHttpMetricsTagsFeature>()?.MetricsDisabled = true; // the wait is no response time
            try
            {
                (reached, changes) = await WaitAsync(waiting, reached, request.Wait, context.RequestAborted);
            }
            finally
            {
                open.Close(waiting);
            }
        }

        return changes is null ? Refuse(new(SnapshotProblems.ChangesExpired)) : Write(reached, changes);
    }

    private async Task<(SnapshotVersion Reached, IReadOnlyList<ChangeSet>? Changes)> WaitAsync(
        OpenStream waiting, SnapshotVersion since, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var woken = Task.CompletedTask; ;)
        {
            var (reached, changes) = Collect(since); // again after each wake, and once after it has been registered for wakes
            var left = atMost - time.GetElapsedTime(began);
            if (changes is not { Count: 0 } || left <= TimeSpan.Zero || waiting.End is not null)
            {
                return (reached, changes);
            }

            since = reached;
            woken = woken.IsCompleted ? waiting.WaitAsync(cancellationToken).AsTask() : woken;
            await time.WaitAsync(woken, left, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>
    /// Collects the changes of whole versions, at most <see cref="ChangeSet.MaxChanges"/>. Null in place of them if none lead on from the
    /// version.
    /// </summary>
    private (SnapshotVersion Reached, IReadOnlyList<ChangeSet>? Changes) Collect(SnapshotVersion since)
    {
        var (reached, collected, count) = (since, new List<ChangeSet>(), 0);
        var step = sets.After(since);
        for (; step.Changes is { } set && count + set.Count <= ChangeSet.MaxChanges; step = sets.After(reached))
        {
            reached = set.Version;
            if (set.Count > 0)
            {
                collected.Add(set);
                count += set.Count;
            }
        }

        return (reached, step.IsReset && count == 0 ? null : collected);
    }

    private PollResult Write(SnapshotVersion version, IReadOnlyList<ChangeSet> changes)
    {
        if (versions.Find(version) is not { } snapshot)
        {
            return Refuse(new(SnapshotProblems.ChangesExpired)); // since it was found
        }

        metrics.Sent(changes.Count);
        if (changes is [var only] && only.Version == version)
        {
            return new(snapshot, only.Message.Json, Refusal: null); // what most polls get
        }

        var body = new ArrayBufferWriter<byte>();
        body.Write(Encoding.ASCII.GetBytes(ChangeSet.BeginBody(snapshot.State.Roll.Count)));
        foreach (var (place, set) in changes.Index())
        {
            body.Write(place > 0 ? ","u8 : default);
            body.Write(set.Items.Span);
        }

        body.Write("]}"u8);
        return new(snapshot, body.WrittenMemory, Refusal: null);
    }

    private PollResult Refuse(ProblemResult refusal)
    {
        if (refusal.Problem == SnapshotProblems.ChangesExpired)
        {
            metrics.Reset();
        }

        return new(null, default, refusal);
    }
}

/// <summary>The result of a poll.</summary>
/// <param name="Version">The version that the changes lead to; null with a refusal.</param>
/// <param name="Body">The body of the response.</param>
/// <param name="Refusal">The response in place of changes; null with changes.</param>
internal readonly record struct PollResult(ReadableSnapshot? Version, ReadOnlyMemory<byte> Body, ProblemResult? Refusal);
