using System.Diagnostics.Metrics;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// Creates meters that are disposed: their instruments do nothing. The others would stay in the process's list of instruments, with
/// all replicas of all schedules, and each gateway that a test starts reads that list.
/// </summary>
internal sealed class DisposedMeters : IMeterFactory
{
    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        meter.Dispose();
        return meter;
    }

    public void Dispose()
    {
    }
}
