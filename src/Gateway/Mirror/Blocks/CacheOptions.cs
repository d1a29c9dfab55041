using System.ComponentModel.DataAnnotations;

namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// The settings under <c>Cache</c>: maximum ages of cached blocks, maximum waits of callers, and memory.
/// </summary>
internal sealed class CacheOptions : IValidatableObject
{
    public const string Section = "Cache";

    /// <value>Age up to which a block is fresh. A fresh block is not requested again. 1 s to 1 h, default 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan FreshFor { get; set; } = TimeSpan.FromSeconds(10);

    /// <value>
    /// Time after <see cref="FreshFor"/> in which a block is served without waiting for its refresh. 0 to 1 day,
    /// default 60 s.
    /// </value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ServeStaleFor { get; set; } = TimeSpan.FromSeconds(60);

    /// <value>
    /// Maximum age of a copy that is served during an outage of the upstream. 1 s to 30 days, default 24 h.
    /// </value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromHours(24);

    /// <value>Maximum time that a caller waits for a block, or for a newer version of the snapshot. 0 to 1 min, default 5 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan WaitFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <value>Time after its last read for which a block is kept fresh. 1 s to 1 day, default 60 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan InterestFor { get; set; } = TimeSpan.FromSeconds(60);

    /// <value>
    /// Maximum time that a caller waits for the refresh of a block older than 2 × <see cref="FreshFor"/>, if a request
    /// may be sent at once. 0 to 5 s, default 500 ms.
    /// </value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:05")]
    public TimeSpan SoftWait { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <value>
    /// Maximum number of blocks of 100 runs in memory. 2 (a page can span two) to 100,000, default 2,000.
    /// </value>
    [Range(2, 100_000)]
    public int MaxBlocks { get; set; } = 2_000;

    /// <value>
    /// Maximum memory for compressed pages and results of queries, in bytes; results of queries are evicted first. 1 MiB to 1 GiB, default
    /// 64 MiB.
    /// </value>
    [Range(1024 * 1024, 1024 * 1024 * 1024)]
    public int PageMemory { get; set; } = 64 * 1024 * 1024;

    /// <value>
    /// Prefix of the keys of blocks and sessions in Redis: 1 to 64 letters, digits and <c>. _ : -</c>. Default nclue-gateway.
    /// </value>
    [Required, RegularExpression("[A-Za-z0-9._:-]{1,64}", ErrorMessage = "it is not 1 to 64 letters, digits, '.', '_', ':' and '-'.")]
    public string KeyPrefix { get; set; } = "nclue-gateway";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (KeepFor < FreshFor + ServeStaleFor)
        {
            yield return new($"'{KeepFor}' is shorter than FreshFor and ServeStaleFor together.", [nameof(KeepFor)]);
        }
    }
}
