namespace NclueGateway.Operations.Audit;

/// <summary>
/// What somebody did or was refused, for whoever has to answer later who saw what. It names the caller, and holds no token, key, cookie or
/// raw query.
/// </summary>
/// <param name="Kind">What was done.</param>
/// <param name="Outcome">How it ended: a word of ours, for a refusal the slug of its problem.</param>
internal sealed record AuditEvent(AuditKind Kind, string Outcome) : ILogLine
{
    private const string Template = "{Kind}: {Outcome} for {Subject} of {Client} at {Route}, index {Index}, limit {Limit}";

    /// <summary>Number of refusals that this event stands for; null for a single one, which is all other events.</summary>
    public int? Count { get; init; }

    /// <summary>When it was over, in UTC; of several refusals, when the last one was.</summary>
    public DateTime Time { get; init; }

    /// <summary>The status of the answer.</summary>
    public int? Status { get; init; }

    /// <summary>The person, or the application itself, as the identity provider names it. Null when nobody is signed in.</summary>
    public string? Subject { get; init => field = AuditText.Clean(value); }

    /// <summary>The application. Null when nobody is signed in.</summary>
    public string? Client { get; init => field = AuditText.Clean(value); }

    /// <summary>The pattern of the route, not the path that was sent.</summary>
    public string? Route { get; init => field = AuditText.Clean(value); }

    /// <summary>The first row that was asked for, once it was understood.</summary>
    public int? Index { get; init; }

    /// <summary>How many rows were asked for, once that was understood.</summary>
    public int? Limit { get; init; }

    /// <summary>What the cache did for the answer.</summary>
    public string? Cache { get; init; }

    public TimeSpan? Duration { get; init; }

    public string? TraceId { get; init; }

    /// <summary>As a log event: the same properties in every one, null where there is nothing to say. Only several refusals have a count.</summary>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)
    [
        new(nameof(Kind), Name(Kind)),
        new(nameof(Outcome), Outcome),
        new(nameof(Status), Status),
        new(nameof(Subject), Subject),
        new(nameof(Client), Client),
        new(nameof(Route), Route),
        new(nameof(Index), Index),
        new(nameof(Limit), Limit),
        new(nameof(Cache), Cache),
        new("DurationMs", Duration?.TotalMilliseconds),
        new(nameof(TraceId), TraceId),
        .. Count is null ? Array.Empty<KeyValuePair<string, object?>>() : [new(nameof(Count), Count)],
        new("{OriginalFormat}", Template),
    ]).GetEnumerator();

    /// <inheritdoc/>
    /// <remarks>The same as of the properties above.</remarks>
    public void WriteTo(LogText output)
    {
        output.Write("{\"@t\":\"");
        output.Write(Time, "O");
        output.Write("\",\"@mt\":\"" + Template + "\",\"Kind\":\"");
        output.Write(Name(Kind));
        output.Write("\",\"Outcome\":");
        output.WriteJson(Outcome);
        output.Write(",\"Status\":");
        output.WriteJson(Status);
        output.Write(",\"Subject\":");
        output.WriteJson(Subject);
        output.Write(",\"Client\":");
        output.WriteJson(Client);
        output.Write(",\"Route\":");
        output.WriteJson(Route);
        output.Write(",\"Index\":");
        output.WriteJson(Index);
        output.Write(",\"Limit\":");
        output.WriteJson(Limit);
        output.Write(",\"Cache\":");
        output.WriteJson(Cache);
        output.Write(",\"DurationMs\":");
        output.WriteJson(Duration?.TotalMilliseconds);
        output.Write(",\"TraceId\":");
        output.WriteJson(TraceId);
        if (Count is not null)
        {
            output.Write(",\"Count\":");
            output.WriteJson(Count);
        }

        output.Write(",\"EventId\":{\"Id\":");
        output.Write((int)Kind, "D");
        output.Write(",\"Name\":\"");
        output.Write(Name(Kind));
        output.Write("\"},\"SourceContext\":\"" + AuditTrail.Category + "\"}");
        output.WriteLine();
    }

    /// <summary>The event's name.</summary>
    public static string Name(AuditKind kind) => Enum.GetName(kind)!;

    public override string ToString() => $"{Kind}: {Outcome} for {Subject} of {Client} at {Route}, index {Index}, limit {Limit}";
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
