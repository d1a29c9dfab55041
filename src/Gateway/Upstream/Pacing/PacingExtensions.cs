using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

internal static class PacingExtensions
{
    /// <summary>Adds the coordinator, which needs <see cref="PacingSettings"/>, and the signal that it raises.</summary>
    /// <param name="services">The services.</param>
    /// <param name="account">The name of the account in Redis; null without Redis.</param>
    public static IServiceCollection AddPacing(this IServiceCollection services, string? account)
    {
        services.AddSingleton<ChangeSignal>().AddSingleton<LatestLogPosition>().AddSingleton(provider =>
        {
            var settings = provider.GetRequiredService<PacingSettings>();
            var interval = account is null ? settings.Interval * settings.ReplicaCount : settings.Interval;
            return ActivatorUtilities.CreateInstance<RequestGate>(provider, interval);
        });
        return account is null
            ? services.AddSingleton<IUpstreamCoordinator, LocalCoordinator>()
            : services
                .AddSingleton<ICoordinatorScript>(provider => ActivatorUtilities.CreateInstance<LuaCoordinatorScript>(provider, account))
                .AddSingleton<RedisClock>()
                .AddSingleton<BlockDirectory>()
                .AddSingleton<RedisCoordinatorSession>()
                .AddSingleton<PermitForecast>()
                .AddSingleton<IPermitIssuer, RedisPermitIssuer>()
                .AddSingleton<IUpstreamCoordinator, RedisCoordinator>();
    }
}
