using System.ComponentModel.DataAnnotations;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>The settings under <c>Snapshot</c>: the copy of the whole list, and how long it is kept.</summary>
internal sealed class SnapshotOptions
{
    public const string Section = "Snapshot";

    /// <value>Maximum number of runs; a longer list is not copied. 1 to 1,000,000, default 200,000.</value>
    [Range(1, 1_000_000)]
    public int MaxRuns { get; set; } = 200_000;

    /// <value>True to keep the copy although no caller asks for it. Default false.</value>
    public bool Warm { get; set; }

    /// <value>
    /// Time after the last query for which the copy is kept. 1 min to 30 days, default 4 days: longer than a weekend.
    /// </value>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan InterestFor { get; set; } = TimeSpan.FromDays(4);

    /// <value>Maximum time until every row is read again. 1 min to 1 day, default 15 min.</value>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan SweepEvery { get; set; } = TimeSpan.FromMinutes(15);

    /// <value>Time for which callers can read a version after a newer one has replaced it. 10 s to 1 h, default 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:10", "01:00:00")]
    public TimeSpan CursorsFor { get; set; } = TimeSpan.FromMinutes(10);
}
