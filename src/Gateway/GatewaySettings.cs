using NclueGateway.Access;
using NclueGateway.Access.Sessions;
using NclueGateway.Caching;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.Nclue;
using NclueGateway.Operations;
using NclueGateway.Redis;
using NclueGateway.Settings;

namespace NclueGateway;

/// <summary>All settings of the gateway, read and found good together: at start, and again whenever they change.</summary>
internal sealed record GatewaySettings(
    NclueOptions Nclue,
    CacheOptions Cache,
    AuthOptions Auth,
    BrowserSessionOptions Session,
    QuotaOptions Quota,
    HttpOptions Http,
    OpenApiOptions OpenApi,
    ConnectionStringOptions Connections,
    OperationsOptions Operations)
{
    /// <summary>Whether replicas share budget, blocks and sessions through Redis.</summary>
    public bool IsShared => Connections.Redis.Length > 0;

    /// <exception cref="SettingsException">The settings have mistakes; the message lists all of them.</exception>
    public static GatewaySettings Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var reader = new SettingsReader(configuration);
        var settings = new GatewaySettings(
            reader.Read<NclueOptions>(NclueOptions.Section),
            reader.Read<CacheOptions>(CacheOptions.Section),
            reader.Read<AuthOptions>(AuthOptions.Section, "Session"),
            reader.Read<BrowserSessionOptions>(BrowserSessionOptions.Section),
            reader.Read<QuotaOptions>(QuotaOptions.Section),
            reader.Read<HttpOptions>(HttpOptions.Section),
            reader.Read<OpenApiOptions>(OpenApiOptions.Section),
            reader.Read<ConnectionStringOptions>(ConnectionStringOptions.Section),
            reader.Read<OperationsOptions>(OperationsOptions.Section));
        if (settings.Session.IsOn && !environment.IsDevelopment())
        {
            settings.RefuseUnsafeSessions(reader);
        }

        reader.ThrowIfMistaken();
        return settings;
    }

    private void RefuseUnsafeSessions(SettingsReader reader)
    {
        if (Http.PublicOrigin.Length == 0)
        {
            reader.Add("Http:PublicOrigin", "it is required with browser sign-in: where browsers return to must not follow the Host they send.");
        }

        if (IsShared && Session.DataProtectionCertificate.Length == 0 && !Session.AllowUnencryptedKeys)
        {
            reader.Add(
                "Auth:Session:DataProtectionCertificate",
                "it is required with browser sign-in and Redis, unless Auth:Session:AllowUnencryptedKeys is true.");
        }
    }
}
