using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Simulation;

/// <summary>No lease: two replicas may request the same block.</summary>
internal sealed class PacerWithoutLeases : PacerModel
{
    protected override void Lease(CoordinatorRequest a, long now)
    {
    }
}

/// <summary>With an empty state, a request may be sent at once.</summary>
internal sealed class PacerThatForgets : PacerModel
{
    protected override long FirstDeparture(long now, long interval) => now;
}

/// <summary>A claim is checked in one step and granted in another.</summary>
internal sealed class PacerInTwoSteps : PacerModel
{
    private bool _grants;

    public const string CouldBeGranted = "could be granted";

    /// <summary>Runs the second step.</summary>
    public CoordinatorResponse RunSecond(CoordinatorRequest call, long clock)
    {
        _grants = true;
        try
        {
            return Run(call, clock);
        }
        finally
        {
            _grants = false;
        }
    }

    protected override bool IsOpen(long now, long open) => _grants || base.IsOpen(now, open);

    protected override bool IsUnderWay(int block) => !_grants && base.IsUnderWay(block);

    protected override (string Outcome, long Value) Grant(CoordinatorRequest a, long now, int slot) =>
        _grants ? base.Grant(a, now, slot) : (CouldBeGranted, 0);
}

/// <summary>The time of a permit is that of the replica's own wall clock.</summary>
internal sealed class PacerThatTrustsClocks : PacerModel;
