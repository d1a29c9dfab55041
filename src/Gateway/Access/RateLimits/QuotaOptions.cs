using System.ComponentModel.DataAnnotations;

namespace NclueGateway.Access.RateLimits;

/// <summary>Limits for one caller, so that all callers get a share: the settings under <c>Quota</c>.</summary>
internal sealed class QuotaOptions
{
    public const string Section = "Quota";

    /// <value>
    /// The requests per second that one caller may send to one replica in the long run. 0 for no limit, else 1 to 10,000, default 50.
    /// </value>
    [Range(0, 10_000)]
    public int RequestsPerSecond { get; set; } = 50;

    /// <value>
    /// The requests that one caller may send at once after a rest, if <see cref="RequestsPerSecond"/> is not 0. 1 to 100,000, default 100.
    /// </value>
    [Range(1, 100_000)]
    public int Burst { get; set; } = 100;

    /// <value>
    /// Maximum number of blocks that one caller may wait for at the same time. 2 (a page can span two) to 1,000,
    /// default 4.
    /// </value>
    [Range(2, 1_000)]
    public int ColdBlocks { get; set; } = 4;

    /// <value>
    /// Maximum number of streams and waiting polls that one caller may have open on one replica. 1 to 1,000, default 8.
    /// </value>
    [Range(1, 1_000)]
    public int Streams { get; set; } = 8;

    /// <value>
    /// The requests that one address may send per second, and at once, to one replica's sign-in paths. The same limit
    /// applies separately to requests with an unknown session cookie. 1 to 100,000, default 200.
    /// </value>
    [Range(1, 100_000)]
    public int AnonymousPerSecond { get; set; } = 200;
}
