using System.Globalization;

namespace NclueGateway.Http;

/// <summary>What the cache did for one answer: the value of <c>Cache-Status</c> (RFC 9211).</summary>
/// <param name="Outcome">Where the answer came from.</param>
/// <param name="Ttl">How long it stays fresh; negative when it is stale.</param>
/// <param name="IsCollapsed">Whether it waited for a call that another reader had already asked for.</param>
/// <param name="Detail">The slug of the problem that kept the answer from being renewed.</param>
internal readonly record struct CacheStatus(CacheOutcome Outcome, TimeSpan Ttl, bool IsCollapsed = false, string? Detail = null)
{
    private const string Cache = "nclue-gateway";

    public override string ToString()
    {
        var ttl = (long)Math.Floor(Ttl.TotalSeconds);
        var outcome = Outcome switch
        {
            CacheOutcome.Hit => string.Create(CultureInfo.InvariantCulture, $"{Cache}; hit; ttl={ttl}"),
            CacheOutcome.Miss => $"{Cache}; fwd=miss; stored",
            CacheOutcome.Renewed => $"{Cache}; fwd=stale; stored",
            _ => string.Create(CultureInfo.InvariantCulture, $"{Cache}; fwd=stale; ttl={ttl}"),
        };
        return $"{outcome}{(IsCollapsed ? "; collapsed" : "")}{(Detail is null ? "" : $"; detail={Detail}")}";
    }
}

internal enum CacheOutcome
{
    /// <summary>A held copy, fresh or stale, without waiting.</summary>
    Hit,

    /// <summary>There was no copy; the reader waited for one.</summary>
    Miss,

    /// <summary>The copy was too old; the reader waited for a newer one.</summary>
    Renewed,

    /// <summary>The copy was too old; the reader waited in vain and got it all the same.</summary>
    Stale,
}
