namespace NclueGateway.Observability.Audit;

/// <summary>
/// What the parts of the request path know about an audited request, until <see cref="RequestAudit"/> makes one event of it: a feature of the request,
/// absent where nothing is audited.
/// </summary>
internal sealed class AuditNotes
{
    private string? _client;
    private string? _subject;

    /// <summary>What was done; null while nothing was.</summary>
    public AuditKind? Kind { get; private set; }

    /// <summary>Values of the endpoint's <see cref="AuditedParameters"/>; null until the request was understood.</summary>
    public IReadOnlyList<object?>? Values { get; private set; }

    public string? Cache { get; private set; }

    /// <summary>The caller, where the request itself does not say it: at the end of a sign-in, or when the identity provider calls.</summary>
    public (string Client, string? Subject)? Caller => _client is null ? null : (_client, _subject);

    /// <summary>The query was understood.</summary>
    /// <param name="values">Values of the endpoint's <see cref="AuditedParameters"/>, in their order.</param>
    public void Asked(params object?[] values) => Values = values;

    /// <summary>Data is about to be sent, or not to be sent again.</summary>
    /// <param name="cache">What the cache did.</param>
    public void Answered(string cache) => (Kind, Cache) = (AuditKind.Read, cache);

    /// <summary>A browser session began or ended.</summary>
    /// <param name="kind">Which of both, and by whom.</param>
    /// <param name="client">The application.</param>
    /// <param name="subject">The person.</param>
    public void ChangedSession(AuditKind kind, string client, string? subject) => (Kind, _client, _subject) = (kind, client, subject);
}
