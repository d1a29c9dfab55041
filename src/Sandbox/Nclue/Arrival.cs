using Microsoft.Extensions.Primitives;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>A request as <see cref="SimulatedNclue"/> received it.</summary>
internal sealed record Arrival
{
    /// <summary>Position in the log, from 1.</summary>
    public required int Sequence { get; init; }

    /// <summary>
    /// Time at which the last bytes of the request were read, by <see cref="TimeProvider.GetTimestamp"/>.
    /// </summary>
    public required long Timestamp { get; init; }

    /// <summary>The same time by <see cref="TimeProvider.GetUtcNow"/>, without the simulator's clock offset.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Monotonic time since the previous arrival, rejected ones included; null for the first.</summary>
    public required TimeSpan? SincePrevious { get; init; }

    public required string Method { get; init; }

    /// <summary>Path and query exactly as sent.</summary>
    public required string Target { get; init; }

    public required IReadOnlyDictionary<string, StringValues> Headers { get; init; }

    /// <summary>HTTP version, for example <c>HTTP/1.1</c>.</summary>
    public required string Protocol { get; init; }

    public required string ConnectionId { get; init; }

    /// <summary>The requested <c>index</c> (0 if absent); null if it is no number.</summary>
    public long? Index { get; init; }

    /// <summary>The requested <c>limit</c> (20 if absent); null if it is no number or out of range.</summary>
    public int? Limit { get; init; }

    /// <summary>
    /// Status sent, known before the first byte is written; null while the response is delayed and if none was sent.
    /// </summary>
    public int? Status { get; init; }

    /// <summary>
    /// Error in the request by the simulator's own rules, even if a <see cref="Fault"/> changed the response; null for
    /// none.
    /// </summary>
    public string? Refusal { get; init; }
}
