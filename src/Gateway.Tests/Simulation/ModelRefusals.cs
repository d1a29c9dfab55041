using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Simulation;

/// <summary>The consecutive refusals of the upstream, in <see cref="PacerModel"/>: they double the pauses.</summary>
internal sealed class ModelRefusals
{
    private readonly Dictionary<string, (long Count, long Began)> _refusals = [];

    /// <summary>
    /// Records a refusal and returns its pause; 0 if its request had departed before the last refusal.
    /// </summary>
    public long Add(CoordinatorRequest a, long now)
    {
        var (count, began) = _refusals.GetValueOrDefault(a.Kind);
        if (a.Fetched < began)
        {
            return 0;
        }

        _refusals[a.Kind] = (count + 1, now);
        return (long)Math.Min(a.First * Math.Pow(2, Math.Min(count, 30)), a.Most);
    }

    /// <summary>Ends the doubling after a success, unless its request had departed before the last refusal.</summary>
    public void Reset(long fetched)
    {
        foreach (var (kind, refusal) in _refusals.Where(r => fetched >= r.Value.Began).ToList())
        {
            _refusals[kind] = refusal with { Count = 0 };
        }
    }
}
