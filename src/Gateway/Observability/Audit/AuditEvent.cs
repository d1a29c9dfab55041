using System.Collections;
using Serilog.Core;
using Serilog.Events;

namespace NclueGateway.Observability.Audit;

/// <summary>
/// What a caller did or was refused, for those who have to answer later who saw what: one structured log event. It holds no token, key, cookie or raw
/// query.
/// </summary>
/// <param name="Kind">What was done.</param>
/// <param name="Outcome">How it ended: a word of ours, for a refusal the slug of its problem.</param>
internal sealed record AuditEvent(AuditKind Kind, string Outcome) : IEnumerable<KeyValuePair<string, object?>>
{
    /// <summary>Log category of the events, by which collectors tell them apart.</summary>
    public const string Category = "NclueGateway.Audit";

    /// <summary>Number of refusals that this event stands for; null for a single one, which is all other events.</summary>
    public int? Count { get; init; }

    /// <summary>Status of the response.</summary>
    public int? Status { get; init; }

    /// <summary>The person, or the application itself, as the identity provider names it. Null for a caller that is not signed in.</summary>
    public string? Subject { get; init => field = AuditText.Clean(value); }

    /// <summary>The application. Null for a caller that is not signed in.</summary>
    public string? Client { get; init => field = AuditText.Clean(value); }

    /// <summary>Pattern of the route, not the path that was sent.</summary>
    public string? Route { get; init => field = AuditText.Clean(value); }

    /// <summary>Names of the endpoint's parameters.</summary>
    public AuditedParameters Parameters { get; init; } = AuditedParameters.None;

    /// <summary>Values of the parameters, in their order; null where the request was not understood.</summary>
    public IReadOnlyList<object?>? Values { get; init; }

    /// <summary>What the cache did for the response.</summary>
    public string? Cache { get; init; }

    public TimeSpan? Duration { get; init; }

    public string? TraceId { get; init; }

    /// <summary>Returns whether a log event is of the audit.</summary>
    public static bool IsAudit(LogEvent logged) => Value(logged, Constants.SourceContextPropertyName) is Category;

    /// <summary>Returns whether a log event is of the audit and no refusal that <see cref="RefusalTrail"/> bounds.</summary>
    public static bool IsOfSignedInCaller(LogEvent logged) => IsAudit(logged)
        && !IsUnlimited(Value(logged, nameof(Kind)) as string, Value(logged, nameof(Client)) ?? Value(logged, nameof(Subject)), Value(logged, nameof(Status)));

    /// <summary>Whether this is a refusal whose number no quota limits.</summary>
    public bool IsUnlimitedRefusal => IsUnlimited(Name, Client ?? Subject, Status);

    private string Name => Enum.GetName(Kind)!;

    /// <summary>Logs it.</summary>
    public void WriteTo(ILogger log) =>
        log.Log(LogLevel.Information, new EventId((int)Kind, Name), this, null, static (happened, _) => happened.ToString());

    /// <summary>Properties of the log event. All events of an endpoint have the same, null without a value; only several refusals have a count.</summary>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return new(nameof(Kind), Name);
        yield return new(nameof(Outcome), Outcome);
        yield return new(nameof(Status), Status);
        yield return new(nameof(Subject), Subject);
        yield return new(nameof(Client), Client);
        yield return new(nameof(Route), Route);
        for (var i = 0; i < Parameters.Names.Count; i++)
        {
            yield return new(Parameters.Names[i], Values?[i]);
        }

        yield return new(nameof(Cache), Cache);
        yield return new("DurationMs", Duration?.TotalMilliseconds);
        yield return new(nameof(TraceId), TraceId);
        if (Count is not null)
        {
            yield return new(nameof(Count), Count);
        }

        yield return new("{OriginalFormat}", Parameters.Template);
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
    /// <summary>A request got data, or learned that its copy is still good.</summary>
    Read = 1,

    /// <summary>A request was refused, or could not be answered.</summary>
    Refusal = 2,

    /// <summary>A browser session began.</summary>
    SignIn = 3,

    /// <summary>A caller ended its browser session.</summary>
    SignOut = 4,

    /// <summary>The identity provider ended a browser session.</summary>
    BackChannelLogout = 5,
}
