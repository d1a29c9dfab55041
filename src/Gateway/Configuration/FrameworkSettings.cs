namespace NclueGateway.Configuration;

/// <summary>
/// Checks settings of .NET and of OpenTelemetry in which white space has an effect that no component reports: another
/// environment, hosts that match no request, a collector that is never reached. All other settings are trimmed by their
/// readers, or cause an error.
/// </summary>
internal static class FrameworkSettings
{
    /// <param name="settings">Receives the errors.</param>
    /// <param name="configuration">All settings.</param>
    /// <param name="environment">The name of the environment.</param>
    public static void Check(SettingsReader settings, IConfiguration configuration, string environment)
    {
        settings.AddText("ASPNETCORE_ENVIRONMENT", environment);
        if (configuration["AllowedHosts"] is { } hosts)
        {
            foreach (var host in hosts.Split(';')) // split as the framework splits it, which trims no entry
            {
                settings.AddText("AllowedHosts", host);
            }
        }

        foreach (var variable in configuration.GetChildren()
            .Where(child => child.Key.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase)))
        {
            settings.AddText(variable.Key, variable.Value);
        }
    }
}
