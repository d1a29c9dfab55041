namespace NclueGateway.Nclue;

internal static class NclueExtensions
{
    /// <summary>Everything that calls the upstream.</summary>
    public static IServiceCollection AddNclue(this IServiceCollection services)
    {
        services.AddHttpForwarder();
        services.AddReverseProxy(); // for ITransformBuilder; no route is mapped
        return services
            .AddSingleton<Pacer>()
            .AddKeyedSingleton(NclueConnections.Key, (provider, _) => NclueConnections.CreateHandler(provider.GetRequiredService<Pacer>()))
            .AddSingleton<NclueForwarder>();
    }
}
