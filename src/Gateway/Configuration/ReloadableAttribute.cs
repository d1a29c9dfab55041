namespace NclueGateway.Configuration;

/// <summary>
/// Marks a setting whose changed value <see cref="GatewayBuilder"/> applies while the gateway runs. All other settings
/// take effect at the next start.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ReloadableAttribute : Attribute;
