using Microsoft.Extensions.Primitives;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>One request as <see cref="SimulatedNclue"/> received it.</summary>
internal sealed record Arrival
{
    /// <summary>1 for the first.</summary>
    public required int Sequence { get; init; }

    /// <summary>When the request's last bytes were read, by <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public required long Timestamp { get; init; }

    /// <summary>The same moment, by <see cref="TimeProvider.GetUtcNow"/>, without the simulator's clock offset.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The monotonic time since the arrival before this one, refused ones included; null for the first.</summary>
    public required TimeSpan? SincePrevious { get; init; }

    public required string Method { get; init; }

    /// <summary>Path and query exactly as on the wire.</summary>
    public required string Target { get; init; }

    public required IReadOnlyDictionary<string, StringValues> Headers { get; init; }

    /// <summary>For example <c>HTTP/1.1</c>.</summary>
    public required string Protocol { get; init; }

    public required string ConnectionId { get; init; }

    /// <summary>The <c>index</c> asked for (0 when left out); null when the request did not get as far or it is no number.</summary>
    public long? Index { get; init; }

    /// <summary>The <c>limit</c> asked for (20 when left out); null when the request did not get as far or it is out of range.</summary>
    public int? Limit { get; init; }

    /// <summary>The status sent, known before the first byte leaves; null while the answer is held back and when none was sent.</summary>
    public int? Status { get; init; }

    /// <summary>
    /// What was wrong with the request by the simulator's own rules, whatever a <see cref="Fault"/> made of the answer; null for nothing.
    /// </summary>
    public string? Refusal { get; init; }
}
