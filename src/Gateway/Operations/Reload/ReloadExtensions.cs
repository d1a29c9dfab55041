namespace NclueGateway.Operations.Reload;

internal static class ReloadExtensions
{
    /// <summary>Takes changed settings while the gateway runs.</summary>
    /// <param name="configuration">The settings, which do not watch their own files (see <c>Program</c>).</param>
    /// <param name="rule">Judges the changed ones.</param>
    public static IServiceCollection AddSettingsReload(this IServiceCollection services, ConfigurationManager configuration, ReloadRule rule) =>
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<SettingsReload>(provider, configuration, rule));
}
