using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

internal static class PacingExtensions
{
    /// <summary>Adds the pacer, which needs <see cref="PacingSettings"/>, and the signal that it raises.</summary>
    /// <param name="services">The services.</param>
    /// <param name="account">The name of the account in Redis; null without Redis.</param>
    public static IServiceCollection AddPacing(this IServiceCollection services, string? account)
    {
        services.AddSingleton<ChangeSignal>();
        return account is null
            ? services
                .AddSingleton(provider => CreateWire(provider, settings => settings.Interval * settings.ReplicaCount))
                .AddSingleton<IPacer, LocalPacer>()
            : services
                .AddSingleton<IPacerScript>(provider => ActivatorUtilities.CreateInstance<LuaPacerScript>(provider, account))
                .AddSingleton<RedisClock>()
                .AddSingleton<BlockDirectory>()
                .AddSingleton<RedisPacerSession>()
                .AddSingleton<PermitForecast>()
                .AddSingleton<IPermitIssuer, RedisPermitIssuer>()
                .AddSingleton(provider => CreateWire(provider, settings => settings.Interval))
                .AddSingleton<IPacer, SharedPacer>();
    }

    private static Wire CreateWire(IServiceProvider provider, Func<PacingSettings, TimeSpan> interval) =>
        ActivatorUtilities.CreateInstance<Wire>(provider, interval(provider.GetRequiredService<PacingSettings>()));
}
