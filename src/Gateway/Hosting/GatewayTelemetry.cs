using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace NclueGateway.Hosting;

/// <summary>What the gateway's own metrics and spans are known by. Names of instruments begin with <c>nclue_gateway.</c></summary>
internal static class GatewayTelemetry
{
    public const string Name = "NclueGateway";

    /// <summary>Where spans begin. Costs nothing while nobody listens.</summary>
    public static readonly ActivitySource Source = new(Name);

    /// <summary>The meter of this host. It is the same one each time.</summary>
    public static Meter CreateGatewayMeter(this IMeterFactory meters) => meters.Create(Name);
}
