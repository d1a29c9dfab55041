using System.ComponentModel.DataAnnotations;

namespace NclueGateway.Mirror.Blocks;

/// <summary>How old an answer may be, and how long a caller may wait for a younger one: the settings under <c>Cache</c>.</summary>
internal sealed class CacheOptions : IValidatableObject
{
    public const string Section = "Cache";

    /// <value>A block this young is fresh; it is not asked for again before. 1 s to 1 h, default 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan FreshFor { get; set; } = TimeSpan.FromSeconds(10);

    /// <value>How long after <see cref="FreshFor"/> a block is answered without waiting for its refresh. 0 to 1 day, default 60 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ServeStaleFor { get; set; } = TimeSpan.FromSeconds(60);

    /// <value>The oldest copy that is answered at all, for the outage of the upstream. 1 s to 30 days, default 24 h.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromHours(24);

    /// <value>The longest a caller waits for a block. 0 to 1 min, default 5 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan WaitFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <value>How long after it was last read a block is kept fresh. 1 s to 1 day, default 60 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan InterestFor { get; set; } = TimeSpan.FromSeconds(60);

    /// <value>How long a caller waits for the refresh of a block older than 2 × <see cref="FreshFor"/> when a departure is open. 0 to 5 s, default 500 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:05")]
    public TimeSpan SoftWait { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <value>The most blocks of 100 runs held in memory. 2 (a page can span two) to 100,000, default 2,000.</value>
    [Range(2, 100_000)]
    public int MaxBlocks { get; set; } = 2_000;

    /// <value>Maximum memory for compressed pages, in bytes. 1 MiB to 1 GiB, default 64 MiB.</value>
    [Range(1024 * 1024, 1024 * 1024 * 1024)]
    public int PageMemory { get; set; } = 64 * 1024 * 1024;

    /// <value>What the keys of blocks in Redis begin with: letters, digits, <c>. _ : -</c>, at most 64. Default nclue-gateway.</value>
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
