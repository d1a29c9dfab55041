namespace NclueGateway.Observability.Audit;

/// <summary>
/// Request feature that collects the data of an audited request until <see cref="RequestAudit"/> creates its event.
/// Requests that are not audited do not have it.
/// </summary>
internal sealed class AuditNotes
{
    private string? _client;
    private string? _subject;

    /// <summary>The action; null until there is one.</summary>
    public AuditKind? Kind { get; private set; }

    /// <summary>Values of the endpoint's <see cref="AuditedParameters"/>; null until the request has been parsed.</summary>
    public IReadOnlyList<object?>? Values { get; private set; }

    public string? Cache { get; private set; }

    /// <summary>The caller, if the request has no credentials of its own: at the end of a sign-in, or for a back-channel logout.</summary>
    public (string Client, string? Subject)? Caller => _client is null ? null : (_client, _subject);

    /// <summary>Records the parsed query.</summary>
    /// <param name="values">Values of the endpoint's <see cref="AuditedParameters"/>, in their order.</param>
    public void Asked(params object?[] values) => Values = values;

    /// <summary>Records a read whose response is 200 or 304.</summary>
    /// <param name="cache">The value of <c>Cache-Status</c>.</param>
    public void Answered(string cache) => (Kind, Cache) = (AuditKind.Read, cache);

    /// <summary>Records the begin or the end of a browser session.</summary>
    /// <param name="kind">The sign-in, sign-out or back-channel logout.</param>
    /// <param name="client">The application.</param>
    /// <param name="subject">The person.</param>
    public void ChangedSession(AuditKind kind, string client, string? subject) => (Kind, _client, _subject) = (kind, client, subject);
}
