using System.ComponentModel.DataAnnotations;

namespace NclueGateway.Access;

/// <summary>What one caller may take of what all callers share: the settings under <c>Quota</c>.</summary>
internal sealed class QuotaOptions
{
    public const string Section = "Quota";

    /// <value>The most blocks that one caller may be waiting for at the same time. 2 (a page can span two) to 1,000, default 4.</value>
    [Range(2, 1_000)]
    public int ColdBlocks { get; set; } = 4;
}
