namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>A response of NCLUE's list, as intake reads it.</summary>
/// <param name="FirstRow">Row of the list, counted from 0, at which the response begins.</param>
/// <param name="Slots">
/// The rows in their order. A row without a usable id is a <em>hole</em>, null: it stands for one run, and it is not known which.
/// </param>
/// <param name="IsShort">True if NCLUE sent fewer rows than requested, so that the list ends with them.</param>
/// <param name="Departure">Departure of the request; later requests have greater ones.</param>
/// <param name="Since">
/// Number of the newest log entry when the request was permitted. A run that a later version first held may have been created after
/// the request.
/// </param>
/// <param name="Total">The upstream's <c>total</c>; null when it sent none.</param>
internal sealed record ListResponse(
    int FirstRow, IReadOnlyList<SnapshotRun?> Slots, bool IsShort, long Departure, long Since, long? Total = null);

/// <summary>The result of taking in a response.</summary>
internal enum IntakeOutcome
{
    /// <summary>Its rows were placed.</summary>
    Placed,

    /// <summary>It has no row whose place is known: nothing was taken.</summary>
    Refused,

    /// <summary>Its rows stand in another order than the roll's: only their values were taken.</summary>
    Disordered,

    /// <summary>It would remove most runs: nothing was taken until a second response confirms it.</summary>
    Unconfirmed,
}

/// <summary>
/// Takes in a response: finds which runs are new, which have changed, which are gone, and where unknown runs may stand.
/// A pure function of the roll and the response. No clock decides that a run is gone.
/// </summary>
/// <remarks>
/// The rules are numbered, and each is needed: without it, a schedule of the simulation loses, invents or reorders runs.
/// </remarks>
internal static class Intake
{
    /// <summary>A roll with at least this number of runs loses more than half of them only when two responses agree.</summary>
    private const int ManyRuns = 100;

    /// <summary>Maximum distance of runs that change places.</summary>
    private const int FarApart = 300;

    /// <summary>Takes in a response.</summary>
    /// <param name="roll">The newest version.</param>
    /// <param name="response">The response.</param>
    /// <param name="isConfirmed">True if an earlier response, which arrived before this one departed, was unconfirmed.</param>
    /// <returns>The outcome, and the entry for the log; null if nothing was taken.</returns>
    public static (IntakeOutcome Outcome, LogEntry? Entry) Take(Roll roll, ListResponse response, bool isConfirmed = false)
    {
        // 1. Leave out runs that were removed after the request was permitted: the response may be older than the removal.
        //    A run in a later response was removed by mistake, and comes back.
        var slots = response.Slots.Where(run => run is null || roll.Removed.GetValueOrDefault(run.Id).Version <= response.Since).ToArray();
        var places = roll.Find(slots.OfType<SnapshotRun>().Select(run => run.Id));
        if (roll.Traits.Order == ListOrder.Unordered)
        {
            return (IntakeOutcome.Disordered, TakeUnordered(roll, response, slots, places));
        }

        var known = slots.Index().Where(slot => slot.Item is not null && places.ContainsKey(slot.Item.Id))
            .Select(slot => new Anchor(slot.Index, places[slot.Item!.Id])).ToArray();
        if (known.Length == 0 && !MayBegin(roll, response, slots))
        {
            return (IntakeOutcome.Refused, null);
        }

        if (known.Zip(known.Skip(1)).Any(pair => pair.First.Place > pair.Second.Place))
        {
            return (IntakeOutcome.Disordered, ToEntry(
                roll, response, slots, places, Reorder(roll, response, known), isPlaced: false, isDisordered: true));
        }

        if (Place(roll, response, slots, known) is not { } range)
        {
            return (IntakeOutcome.Disordered, ToEntry(roll, response, slots, places, splice: null, isPlaced: false));
        }

        var (splice, removed) = range.ToSplice();

        // 5. An upstream that sends an empty or a foreign list for a moment must not empty the snapshot.
        return roll.Count >= ManyRuns && removed > roll.Count / 2 && !isConfirmed
            ? (IntakeOutcome.Unconfirmed, null)
            : (IntakeOutcome.Placed, ToEntry(roll, response, slots, places, splice));
    }

    /// <summary>
    /// 2. Returns true if a response without a known run can be placed: as a new head with a gap behind it, or as the whole
    /// list. Newer runs, removed ones and holes show that its runs are known after all, or may be.
    /// </summary>
    private static bool MayBegin(Roll roll, ListResponse response, SnapshotRun?[] slots) =>
        response.FirstRow == 0
        && !roll.Chunks.Any(chunk => chunk.NewestFirstHeld > response.Since)
        && (slots.Length > 0 || response.Slots.Count == 0)
        && (roll.Count == 0 || !slots.Contains(null))
        && (response.IsShort || slots.Any(run => run is not null));

    private static RollRange? Place(Roll roll, ListResponse response, SnapshotRun?[] slots, Anchor[] known)
    {
        // The head and the end of the list are known places too, where the response reaches them.
        Anchor[] anchors =
        [
            .. response.FirstRow == 0 ? [new Anchor(-1, -1)] : Array.Empty<Anchor>(),
            .. known,
            .. response.IsShort ? [new Anchor(slots.Length, roll.Count)] : Array.Empty<Anchor>(),
        ];
        var range = new RollRange(roll, left: response.FirstRow == 0 ? -1 : anchors[0].Place - 1);
        if (response.FirstRow > 0)
        {
            // 4. Before new runs in front of the first known one, unknown runs may stand. A hole may be the known run before it.
            var hole = anchors[0].Place > 0 ? Array.LastIndexOf(slots, null, anchors[0].Slot) : -1;
            range.Insert(slots.AsSpan((hole + 1)..anchors[0].Slot), gapBefore: true);
            range.Keep();
        }

        foreach (var (one, next) in anchors.Zip(anchors.Skip(1)))
        {
            if (!PlaceBetween(range, one, next, slots[(one.Slot + 1)..next.Slot], response.Since))
            {
                return null;
            }
        }

        if (!response.IsShort)
        {
            // 4. Behind new runs after the last known one, unknown runs may stand. A hole may be the known run behind it.
            var rest = slots.AsSpan((anchors[^1].Slot + 1)..);
            var hole = anchors[^1].Place + 1 < roll.Count ? rest.IndexOf((SnapshotRun?)null) : -1;
            if (range.Insert(hole < 0 ? rest : rest[..hole]))
            {
                range.MarkGap(true);
            }
        }

        return range;
    }

    /// <summary>
    /// 3. Between two known places the response has all runs that existed at its departure. Others are gone, unless a later
    /// version first held them, or a hole may be one of them.
    /// </summary>
    private static bool PlaceBetween(RollRange range, Anchor one, Anchor next, SnapshotRun?[] slots, long since)
    {
        var (hole, lastHole) = (Array.IndexOf(slots, null), Array.LastIndexOf(slots, null));
        bool Stays(RollEntry entry) => hole >= 0 || entry.FirstHeld > since;
        if (hole >= 0 && slots.Any(run => run is not null) && range.StaysAny(Stays, next.Place))
        {
            // The runs that stay are where the hole is, if that is one place and none of them is newer than the response.
            if (slots[hole..lastHole].Any(run => run is not null) || range.StaysAny(entry => entry.FirstHeld > since, next.Place))
            {
                return false;
            }

            range.Insert(slots.AsSpan(..hole));
            range.MarkGap(false);
            range.KeepOnly(Stays, next.Place, hasGaps: false);
            range.Insert(slots.AsSpan(lastHole..));
        }
        else if (one.Place < 0)
        {
            // Between a newer run that stays and the response, more runs may have been created.
            var staysAny = range.KeepOnly(Stays, next.Place) > 0;
            range.MarkGap(staysAny);
            range.Insert(slots, gapBefore: staysAny);
        }
        else if (next.Place == range.Roll.Count)
        {
            range.Insert(slots);
            range.MarkGap(range.StaysAny(Stays, next.Place));
            range.KeepOnly(Stays, next.Place);
        }
        else
        {
            range.MarkGap(false);
            range.KeepOnly(Stays, next.Place, hasGaps: false);
            range.Insert(slots);
        }

        if (next.Place < range.Roll.Count)
        {
            range.Keep();
        }

        return true;
    }

    /// <summary>
    /// 1. Known runs in another order change places among themselves; nothing is placed or removed. Null if an earlier response is newer,
    /// or if the places are too far apart for two runs that NCLUE regards as equal.
    /// </summary>
    private static Splice? Reorder(Roll roll, ListResponse response, Anchor[] known)
    {
        var places = known.Select(anchor => anchor.Place).Order().ToArray();
        var (first, last) = (places[0], places[^1]);
        if (last - first > FarApart || known.Any(anchor => roll.At(anchor.Place).LastHeld > response.Departure))
        {
            return null;
        }

        var between = roll.From(first).Take(last - first + 1).Select(entry => new Placement(entry.Run.Id, entry.HasGapBehind)).ToArray();
        foreach (var (place, anchor) in places.Zip(known))
        {
            between[place - first] = between[place - first] with { Id = roll.At(anchor.Place).Run.Id };
        }

        var left = first > 0 ? roll.At(first - 1) : null;
        return new(
            left?.Run.Id, left?.HasGapBehind ?? roll.HasGapAtHead, between, last + 1 < roll.Count ? roll.At(last + 1).Run.Id : null);
    }

    /// <summary>Places prove nothing in an unordered list: new runs are added at the end, and none is removed.</summary>
    private static LogEntry TakeUnordered(Roll roll, ListResponse response, SnapshotRun?[] slots, Dictionary<string, int> places)
    {
        Placement[] added =
        [
            .. slots.OfType<SnapshotRun>().Where(run => !places.ContainsKey(run.Id)).Select(run => new Placement(run.Id, false)),
        ];
        var last = roll.Count > 0 ? roll.At(roll.Count - 1) : null;
        var splice = new Splice(last?.Run.Id, last?.HasGapBehind ?? roll.HasGapAtHead, added, Right: null);
        return ToEntry(roll, response, slots, places, added.Length > 0 ? splice : null, isPlaced: false);
    }

    private static LogEntry ToEntry(
        Roll roll, ListResponse response, SnapshotRun?[] slots, Dictionary<string, int> places, Splice? splice,
        bool isPlaced = true, bool isDisordered = false)
    {
        var placed = splice?.Between.Select(placement => placement.Id).ToHashSet() ?? [];
        var rows = slots.OfType<SnapshotRun>()
            .Where(run => places.TryGetValue(run.Id, out var place) ? IsNewer(run, roll.At(place), response) : placed.Contains(run.Id))
            .Select(run => run.Detach()).ToArray();
        var reading = RollReading.Of(
            response, slots, holds: run => places.ContainsKey(run.Id) || placed.Contains(run.Id), isPlaced, isDisordered);
        return new(reading, splice is null && rows.Length == 0 ? null : new(splice, rows));
    }

    /// <summary>
    /// 4. A request that was permitted after a value was seen brings a newer one. No clock is compared for that: it may have been set back.
    /// Of two values that overtook each other the later departure wins, but does not make a finished run unfinished: departures of two
    /// replicas may be out of order.
    /// </summary>
    private static bool IsNewer(SnapshotRun run, RollEntry entry, ListResponse response) =>
        run.Hash != entry.Run.Hash
        && (response.Since >= entry.Version
            || (response.Departure > entry.Departure && (!entry.Run.IsFinished || run.IsFinished)));

    /// <summary>A run that both the response and the roll have.</summary>
    /// <param name="Slot">Its slot in the response.</param>
    /// <param name="Place">Its place in the roll.</param>
    private readonly record struct Anchor(int Slot, int Place);
}
