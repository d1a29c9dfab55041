using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Tests.Infrastructure;

internal static class SimulatedNclueOptionsExtensions
{
    /// <summary>Returns the same options with another clock.</summary>
    public static SimulatedNclueOptions With(this SimulatedNclueOptions options, TimeProvider time) => new()
    {
        Port = options.Port,
        Runs = options.Runs,
        Frozen = options.Frozen,
        NewRunEvery = options.NewRunEvery,
        TotalCounts = options.TotalCounts,
        IndexUnit = options.IndexUnit,
        Strict = options.Strict,
        Delay = options.Delay,
        UseHttps = options.UseHttps,
        TlsHandshakeDelay = options.TlsHandshakeDelay,
        TimeProvider = time,
    };
}
