using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access.Sessions;

/// <summary>A whole gateway with browser sign-in in the environment Development: without Redis, at the address of the request.</summary>
internal static class SessionHost
{
    public static Dictionary<string, string?> Settings(params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Auth:Session:ClientId"] = TestSignIn.ClientId,
            ["Auth:Session:ClientSecret"] = TestSignIn.ClientSecret,
        };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return settings;
    }

    public static Task<GatewayHost> StartAsync(params (string Name, string Value)[] more) => StartAsync(_ => { }, more);

    /// <param name="provider">Changes the provider before the gateway sends it a request.</param>
    /// <param name="more">Further settings.</param>
    public static Task<GatewayHost> StartAsync(Action<TestIssuer> provider, params (string Name, string Value)[] more) =>
        GatewayHost.StartAsync(settings: Settings(more), environment: "Development", provider: provider);
}
