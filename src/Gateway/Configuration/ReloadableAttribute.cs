namespace NclueGateway.Configuration;

/// <summary>
/// Marks a setting whose changed value is applied while the gateway runs: <see cref="GatewayBuilder"/> applies it. All others take
/// effect at the next start.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ReloadableAttribute : Attribute;
