using System.Globalization;

namespace NclueGateway.Http;

/// <summary>The handling of one response by the cache: the value of <c>Cache-Status</c> (RFC 9211).</summary>
/// <param name="Outcome">The source of the response.</param>
/// <param name="Ttl">Remaining time for which the response is fresh; negative when it is stale.</param>
/// <param name="IsCollapsed">True if it waited for an upstream request that another reader had already caused.</param>
/// <param name="Detail">The slug of the problem that prevented a refresh.</param>
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
    /// <summary>A cached copy, fresh or stale, without waiting.</summary>
    Hit,

    /// <summary>There was no copy; the reader waited for one.</summary>
    Miss,

    /// <summary>The copy was too old; the reader waited for a newer one.</summary>
    Renewed,

    /// <summary>The copy was too old; the reader waited for a newer one, none arrived, and the old copy was sent.</summary>
    Stale,
}
