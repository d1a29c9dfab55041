using System.Text.Json;
using System.Text.Json.Serialization;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// A fault in the responses of <see cref="SimulatedNclue"/>, active until it is removed or its count is used up. The
/// properties can be combined; a property that is not set has no effect. As JSON (<c>PUT /_faults</c>) the names are in
/// camelCase and a duration has the form <c>00:00:02.5</c>.
/// </summary>
internal sealed record Fault
{
    /// <summary>Serializer options of the faults endpoint. A misspelt name is an error.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Number of requests that the fault applies to; null until it is removed.</summary>
    public int? Count { get; init; }

    /// <summary>Delay before the response begins.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// Status of the response, 200 to 599. The body is the one that NCP documents for the status, if any.
    /// </summary>
    public int? Status { get; init; }

    /// <summary>Body of the response.</summary>
    public string? Body { get; init; }

    /// <summary>Headers to add or replace, such as <c>Retry-After</c>.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>True if the body is not JSON.</summary>
    public bool Garbage { get; init; }

    /// <summary>True if there is no body.</summary>
    public bool Empty { get; init; }

    /// <summary>Size of the body in bytes, padded with spaces and sent without a <c>Content-Length</c>.</summary>
    public long? Oversize { get; init; }

    /// <summary>
    /// Pause before each of the <see cref="FaultyResponse.DripPieces"/> pieces in which the body is sent.
    /// </summary>
    public TimeSpan Drip { get; init; }

    /// <summary>True if the connection is closed in the middle of the body.</summary>
    public bool Cut { get; init; }

    /// <summary>True if the connection is reset before the first byte of the response.</summary>
    public bool Refuse { get; init; }

    /// <summary>
    /// True if the connection is closed gracefully before the first byte of the response, as a server closes an idle
    /// kept-alive connection. A client may then send the request again with the same signature:
    /// <see cref="SocketsHttpHandler"/> does so three times.
    /// </summary>
    public bool HangUp { get; init; }

    /// <summary>Error of the clock, in addition to <see cref="SimulatedNclue.ClockOffset"/>.</summary>
    public TimeSpan Clock { get; init; }

    /// <summary>Returns the first value that is out of range or contradicts another, or null.</summary>
    public string? Mistake() =>
        Count is <= 0 ? "count must be at least 1"
        : Status is < 200 or > 599 ? "status must be 200 to 599"
        : Delay < TimeSpan.Zero || Drip < TimeSpan.Zero ? "delay and drip must not be negative"
        : Oversize is < 0 ? "oversize must not be negative"
        : Headers?.Any(header => !IsHeader(header)) == true ? "headers must be plain ASCII"
        : (Body is null ? 0 : 1) + (Garbage ? 1 : 0) + (Empty ? 1 : 0) > 1 ? "only one of body, garbage and empty"
        : null;

    private static bool IsHeader(KeyValuePair<string, string> header) =>
        header.Key.Length > 0
        && header.Key.All(character => char.IsAsciiLetterOrDigit(character) || character is '-')
        && header.Value.All(character => character is >= ' ' and <= '~');
}

/// <summary>The fault in force. Thread-safe: each request uses up one of its count.</summary>
internal sealed class FaultSwitch
{
    private readonly Lock _lock = new();
    private Fault? _fault;

    /// <summary>The fault in force with its remaining count.</summary>
    /// <exception cref="ArgumentException">The fault is invalid.</exception>
    public Fault? Current
    {
        get
        {
            lock (_lock)
            {
                return _fault;
            }
        }

        set
        {
            if (value?.Mistake() is { } mistake)
            {
                throw new ArgumentException(mistake, nameof(value));
            }

            lock (_lock)
            {
                _fault = value;
            }
        }
    }

    /// <summary>Returns the fault for one request and reduces its count.</summary>
    public Fault? Take()
    {
        lock (_lock)
        {
            var fault = _fault;
            if (fault?.Count is { } count)
            {
                _fault = count > 1 ? fault with { Count = count - 1 } : null;
            }

            return fault;
        }
    }
}
