namespace NclueGateway.Operations.Audit;

/// <summary>
/// What the parts of the request path know about a request that is audited, until <see cref="RequestAudit"/> makes one event of it: a
/// feature of the request, absent where nothing is audited.
/// </summary>
internal sealed class AuditNotes
{
    private string? _client;
    private string? _subject;

    /// <summary>What was done; null while nothing was.</summary>
    public AuditKind? Kind { get; private set; }

    /// <summary>The slug of the problem that was answered.</summary>
    public string? Problem { get; private set; }

    public int? Index { get; private set; }

    public int? Limit { get; private set; }

    public string? Cache { get; private set; }

    /// <summary>Who, where the request itself does not say it: at the end of a sign-in, or when the identity provider calls.</summary>
    public (string Client, string? Subject)? Caller => _client is null ? null : (_client, _subject);

    /// <summary>The query was understood.</summary>
    public void Asked(int index, int limit) => (Index, Limit) = (index, limit);

    /// <summary>Data is about to be sent, or not to be sent again.</summary>
    /// <param name="cache">What the cache did.</param>
    public void Answered(string cache) => (Kind, Cache) = (AuditKind.Read, cache);

    /// <summary>A problem is answered.</summary>
    public void Refused(string problem) => Problem = problem;

    /// <summary>A browser session began or ended.</summary>
    /// <param name="kind">Which of both, and by whom.</param>
    /// <param name="client">The application.</param>
    /// <param name="subject">The person.</param>
    public void ChangedSession(AuditKind kind, string client, string? subject) => (Kind, _client, _subject) = (kind, client, subject);
}
