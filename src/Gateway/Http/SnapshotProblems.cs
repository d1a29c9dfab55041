namespace NclueGateway.Http;

/// <summary>Problems of queries on the whole list.</summary>
internal static class SnapshotProblems
{
    public static readonly ProblemType CursorExpired = new(
        "cursor-expired",
        StatusCodes.Status410Gone,
        "The pages of this version of the list are gone",
        "All pages that a caller reads by the links next and prev are from one version of the list. The gateway keeps a version for "
            + "Snapshot:CursorsFor after a newer one has replaced it, and this one is no longer kept.",
        "Start again at the address in the link with the relation first: it begins with the newest version.",
        "If callers need more time for all pages, raise Snapshot:CursorsFor. Without Redis a restart of the gateway ends all versions.");

    public static readonly ProblemType ChangesExpired = new(
        "changes-expired",
        StatusCodes.Status410Gone,
        "The changes after this version of the list are gone",
        "The gateway keeps the changes after a version for Snapshot:CursorsFor after a newer version has replaced it. This version is "
            + "older, or is of a log that was lost, or more than 1,000 runs changed at once after it.",
        "Read the list again, and go on from the address in its link with the relation monitor.",
        "If callers need more time between two polls, raise Snapshot:CursorsFor. Without Redis a restart of the gateway ends all "
            + "versions.");

    public static readonly ProblemType StreamsExhausted = new(
        "streams-exhausted",
        StatusCodes.Status503ServiceUnavailable,
        "Too many streams are open",
        "The replica has as many streams and waiting polls as Changes:MaxStreams allows.",
        "Retry after the number of seconds in the header Retry-After. Until then, poll without waiting.",
        "Add replicas, or raise Changes:MaxStreams if the gateway has the memory. If few callers hold many streams, lower Quota:Streams.");

    public static readonly ProblemType ListTooLarge = new(
        "list-too-large",
        StatusCodes.Status501NotImplemented,
        "The list is too long for queries",
        "NCLUE's list has more runs than Snapshot:MaxRuns. The gateway never searches a part of the list as if it were the whole.",
        "Read the list in pages, with index and limit only. A retry does not help.",
        "Raise Snapshot:MaxRuns, if the gateway has the memory: about 1 kB for each run.");

    public static readonly ProblemType ListIncomplete = new(
        "list-incomplete",
        StatusCodes.Status503ServiceUnavailable,
        "The list is not complete yet",
        "The gateway still reads the whole list, at one request per second, and a part of it would give wrong results. The "
            + "members runs and expectedTotal show the progress.",
        "Retry after the number of seconds in the header Retry-After. To get what is known already, add partial=true.",
        "This is normal after the first query since Snapshot:InterestFor, and after the loss of Redis. With Snapshot:Warm the list is "
            + "complete before the first query. If it lasts, see the health check snapshot.");
}
