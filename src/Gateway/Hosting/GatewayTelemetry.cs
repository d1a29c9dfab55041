using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace NclueGateway.Hosting;

/// <summary>Names of the gateway's own metrics and spans. Names of instruments begin with <c>nclue_gateway.</c></summary>
internal static class GatewayTelemetry
{
    public const string Name = "NclueGateway";

    /// <summary>Source of the gateway's spans. Costs nothing without a listener.</summary>
    public static readonly ActivitySource Source = new(Name);

    /// <summary>Returns the meter of this host: the same instance on each call.</summary>
    public static Meter CreateGatewayMeter(this IMeterFactory meters) => meters.Create(Name);
}
