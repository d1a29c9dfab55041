using System.Collections;
using Serilog.Core;
using Serilog.Events;

namespace NclueGateway.Observability.Audit;

/// <summary>
/// The audit record of a request to an <see cref="AuditedEndpoint"/>, or of several refusals: one structured log event.
/// While the request is processed, the record is a feature of it, in which the endpoint notes its action. It contains
/// no token, key, cookie or raw query.
/// </summary>
/// <param name="Endpoint">The endpoint.</param>
internal sealed record AuditEvent(AuditedEndpoint Endpoint) : IEnumerable<KeyValuePair<string, object?>>
{
    /// <summary>Log category of the events, by which collectors distinguish them from others.</summary>
    public const string Category = "NclueGateway.Audit";

    /// <summary>The action; null until there is one.</summary>
    public AuditKind? Kind { get; set; }

    /// <summary>The result: a fixed word, or the slug of the problem for a refusal.</summary>
    public string? Outcome { get; set; }

    /// <summary>Status of the response.</summary>
    public int? Status { get; set; }

    /// <summary>The identity provider's name of the person, or of the application itself. Null for an unauthenticated caller.</summary>
    public string? Subject { get; set => field = LoggedText.CleanName(value); }

    /// <summary>The application. Null for an unauthenticated caller.</summary>
    public string? Client { get; set => field = LoggedText.CleanName(value); }

    /// <summary>Pattern of the route, not the path that was sent.</summary>
    public string? Route { get; set => field = LoggedText.CleanName(value); }

    /// <summary>Values of the endpoint's parameters, in their order; null until the request has been parsed.</summary>
    public IReadOnlyList<object?>? Parameters { get; set; }

    /// <summary>The value of <c>Cache-Status</c> of the response.</summary>
    public string? Cache { get; set; }

    public TimeSpan? Duration { get; set; }

    public string? TraceId { get; set; }

    /// <summary>Number of refusals that this event summarizes; null for an event of a single action.</summary>
    public int? Count { get; set; }

    /// <summary>True if this is a refusal of a kind that no rate limit bounds.</summary>
    public bool IsUnlimitedRefusal => IsUnlimited(Name, Client ?? Subject, Status);

    private string? Name => Kind is { } kind ? Enum.GetName(kind) : null;

    /// <summary>Returns true if a log event belongs to the audit.</summary>
    public static bool IsAudit(LogEvent logged) => Value(logged, Constants.SourceContextPropertyName) is Category;

    /// <summary>Returns true if a log event belongs to the audit and is not a refusal that <see cref="RefusalTrail"/> bounds.</summary>
    public static bool IsOfSignedInCaller(LogEvent logged)
    {
        var caller = Value(logged, nameof(Client)) ?? Value(logged, nameof(Subject));
        return IsAudit(logged) && !IsUnlimited(Value(logged, nameof(Kind)) as string, caller, Value(logged, nameof(Status)));
    }

    /// <summary>Records a read whose response is 200 or 304.</summary>
    /// <param name="cache">The value of <c>Cache-Status</c>; null if the response has none.</param>
    public void RecordRead(string? cache = null) => (Kind, Cache) = (AuditKind.Read, cache);

    /// <summary>
    /// Records the start or the end of a browser session, for a request without credentials of its own.
    /// </summary>
    /// <param name="kind">The sign-in, sign-out or back-channel logout.</param>
    /// <param name="client">The application.</param>
    /// <param name="subject">The person.</param>
    public void RecordSession(AuditKind kind, string client, string? subject) => (Kind, Client, Subject) = (kind, client, subject);

    /// <summary>Writes the event to a log.</summary>
    public void WriteTo(ILogger log) =>
        log.Log(LogLevel.Information, new EventId((int?)Kind ?? 0, Name), this, null, static (happened, _) => happened.ToString());

    /// <summary>
    /// Returns the properties of the log event. All events of an endpoint have the same ones, null without a value; only
    /// a summary of refusals has a count.
    /// </summary>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return new(nameof(Kind), Name);
        yield return new(nameof(Outcome), Outcome);
        yield return new(nameof(Status), Status);
        yield return new(nameof(Subject), Subject);
        yield return new(nameof(Client), Client);
        yield return new(nameof(Route), Route);
        for (var i = 0; i < Endpoint.Parameters.Count; i++)
        {
            yield return new(Endpoint.Parameters[i], Parameters?[i]);
        }

        yield return new(nameof(Cache), Cache);
        yield return new("DurationMs", Duration?.TotalMilliseconds);
        yield return new(nameof(TraceId), TraceId);
        if (Count is not null)
        {
            yield return new(nameof(Count), Count);
        }

        yield return new("{OriginalFormat}", Endpoint.Template);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"{Kind}: {Outcome} for {Subject} of {Client} at {Route}";

    private static bool IsUnlimited(string? kind, object? caller, object? status) =>
        kind == nameof(AuditKind.Refusal) && (caller is null || status is StatusCodes.Status429TooManyRequests);

    private static object? Value(LogEvent logged, string property) => (logged.Properties.GetValueOrDefault(property) as ScalarValue)?.Value;
}

/// <summary>The kinds of events; their names and numbers are those of the log events.</summary>
internal enum AuditKind
{
    /// <summary>The response to a request was data, or a 304.</summary>
    Read = 1,

    /// <summary>A request was refused or failed.</summary>
    Refusal = 2,

    /// <summary>A browser session began.</summary>
    SignIn = 3,

    /// <summary>A caller ended its browser session.</summary>
    SignOut = 4,

    /// <summary>The identity provider ended a browser session.</summary>
    BackChannelLogout = 5,

    /// <summary>A stream began: its data follows for minutes.</summary>
    StreamStart = 6,

    /// <summary>A stream ended; the outcome is the reason.</summary>
    StreamEnd = 7,
}
