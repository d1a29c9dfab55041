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
