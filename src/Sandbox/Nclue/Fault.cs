using System.Text.Json;
using System.Text.Json.Serialization;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// What goes wrong with the answers of <see cref="SimulatedNclue"/> until it is taken away or its count is used up. The parts can be
/// combined; what is left out stays as it would be. As JSON (<c>PUT /_faults</c>) the names are in camelCase and a duration reads
/// <c>00:00:02.5</c>.
/// </summary>
internal sealed record Fault
{
    /// <summary>The JSON of the faults endpoint. A misspelt name is an error.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>For how many requests; null until it is taken away.</summary>
    public int? Count { get; init; }

    /// <summary>The time before the answer begins.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Answer with this status, 200 to 599, and the body that NCP documents for it, if it does.</summary>
    public int? Status { get; init; }

    /// <summary>Answer with this body.</summary>
    public string? Body { get; init; }

    /// <summary>Headers to add or replace, such as <c>Retry-After</c>.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>The body is not JSON.</summary>
    public bool Garbage { get; init; }

    /// <summary>There is no body.</summary>
    public bool Empty { get; init; }

    /// <summary>The body grows to this many bytes by spaces after its end, without a <c>Content-Length</c>.</summary>
    public long? Oversize { get; init; }

    /// <summary>Send the body in <see cref="FaultyAnswer.DripPieces"/> pieces with this pause before each.</summary>
    public TimeSpan Drip { get; init; }

    /// <summary>Cut the connection in the middle of the body.</summary>
    public bool Cut { get; init; }

    /// <summary>Reset the connection before the first byte of the answer.</summary>
    public bool Refuse { get; init; }

    /// <summary>
    /// Close the connection in order before the first byte of the answer, as a server does that tires of a kept-alive one. A client may
    /// take it for that and send the request again by itself with the same signature: <see cref="SocketsHttpHandler"/> does, thrice.
    /// </summary>
    public bool HangUp { get; init; }

    /// <summary>How far the clock is off, on top of <see cref="SimulatedNclue.ClockOffset"/>.</summary>
    public TimeSpan Clock { get; init; }

    /// <summary>What contradicts itself or is out of range, or null.</summary>
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

/// <summary>The fault in force. Thread-safe: each request takes one of its count.</summary>
internal sealed class FaultSwitch
{
    private readonly Lock _lock = new();
    private Fault? _fault;

    /// <summary>The fault in force with what is left of its count.</summary>
    /// <exception cref="ArgumentException">The fault contradicts itself.</exception>
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

    /// <summary>The fault for one request.</summary>
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
