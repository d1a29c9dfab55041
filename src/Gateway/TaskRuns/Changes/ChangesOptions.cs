using System.ComponentModel.DataAnnotations;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>The settings under <c>Changes</c>: how soon changes are noticed, and how long streams stay open.</summary>
internal sealed class ChangesOptions
{
    public const string Section = "Changes";

    /// <value>
    /// Maximum age of new runs and states while a caller waits for changes, if it is less than <c>Cache:FreshFor</c>. 1 s to 1 min,
    /// default 3 s.
    /// </value>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(3);

    /// <value>
    /// Time after which a stream ends, and its caller opens the next one; each stream has a time up to 10 % longer or shorter. 1 min to
    /// 1 day, default 15 min.
    /// </value>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan StreamFor { get; set; } = TimeSpan.FromMinutes(15);

    /// <value>Maximum number of streams and waiting polls of one replica. 1 to 100,000, default 4,000.</value>
    [Range(1, 100_000)]
    public int MaxStreams { get; set; } = 4_000;
}
