namespace NclueGateway.Operations;

/// <summary>How a request ended, as a line of the log. It holds nothing that the caller made up.</summary>
/// <param name="Level">The level, which says how the request ended.</param>
/// <param name="Method">The method, <c>_OTHER</c> when HTTP does not define it.</param>
/// <param name="Route">The pattern of the route, not the path that was sent; null when there is none.</param>
/// <param name="Status">The status of the answer.</param>
internal sealed record RequestLine(LogLevel Level, string? Method, string? Route, int Status) : ILogLine
{
    private const string Template = "{Method} {Route}: {Status} after {DurationMs} ms, trace {TraceId}";

    /// <summary>The event's id.</summary>
    public static readonly EventId Id = new(1, "Request");

    /// <summary>When it was over, in UTC.</summary>
    public DateTime Time { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>The trace; where nothing is traced, what the server calls the request.</summary>
    public string? TraceId { get; init; }

    /// <summary>The gateway's span of the trace; null where nothing is traced.</summary>
    public string? SpanId { get; init; }

    /// <summary>As a log event.</summary>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)
    [
        new(nameof(Method), Method),
        new(nameof(Route), Route),
        new(nameof(Status), Status),
        new("DurationMs", Duration.TotalMilliseconds),
        new(nameof(TraceId), TraceId),
        new("{OriginalFormat}", Template),
    ]).GetEnumerator();

    /// <inheritdoc/>
    /// <remarks>The same as of the properties above, on the thread of the request.</remarks>
    public void WriteTo(LogText output)
    {
        output.Write("{\"@t\":\"");
        output.Write(Time, "O");
        output.Write("\",\"@mt\":\"" + Template + "\"");
        if (Level != LogLevel.Information)
        {
            output.Write(",\"@l\":\"");
            output.Write(Enum.GetName(Level));
            output.Write("\"");
        }

        if (SpanId is not null)
        {
            output.Write(",\"@tr\":");
            output.WriteJson(TraceId);
            output.Write(",\"@sp\":");
            output.WriteJson(SpanId);
        }

        output.Write(",\"Method\":");
        output.WriteJson(Method);
        output.Write(",\"Route\":");
        output.WriteJson(Route);
        output.Write(",\"Status\":");
        output.Write(Status, default);
        output.Write(",\"DurationMs\":");
        output.Write(Duration.TotalMilliseconds, default);
        output.Write(",\"TraceId\":");
        output.WriteJson(TraceId);
        output.Write(",\"EventId\":{\"Id\":1,\"Name\":\"Request\"},\"SourceContext\":\"" + RequestTrail.Category + "\"}");
        output.WriteLine();
    }

    public override string ToString() => $"{Method} {Route}: {Status} after {Duration.TotalMilliseconds} ms, trace {TraceId}";
}
