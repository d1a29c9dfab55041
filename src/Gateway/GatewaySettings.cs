using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;
using NclueGateway.Access.Sessions;
using NclueGateway.Configuration;
using NclueGateway.Console;
using NclueGateway.Hosting;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Observability.Logging;
using NclueGateway.Observability.Telemetry;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Changes;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;

namespace NclueGateway;

/// <summary>
/// All settings of the gateway, read and validated together: at startup, and again whenever they change. A new setting is a
/// property of its section's <c>…Options</c> type.
/// </summary>
/// <param name="Reader">The reader, which knows the secret and the reloadable settings.</param>
internal sealed record GatewaySettings(
    NclueOptions Nclue,
    CacheOptions Cache,
    SnapshotOptions Snapshot,
    ChangesOptions Changes,
    ConsoleOptions Console,
    AuthOptions Auth,
    BrowserSessionOptions Session,
    QuotaOptions Quota,
    HttpOptions Http,
    OpenApiOptions OpenApi,
    ConnectionStringOptions Connections,
    OperationsOptions Operations,
    SettingsReader Reader)
{
    /// <summary>The values that must never appear in a log.</summary>
    public IReadOnlyCollection<string> Secrets => Reader.Secrets;

    /// <summary>True if replicas share budget, blocks and sessions through Redis.</summary>
    public bool IsShared => Connections.Redis.Length > 0;

    /// <summary>Reads and validates all settings.</summary>
    /// <exception cref="SettingsException">The settings have mistakes; the message lists all of them.</exception>
    public static GatewaySettings Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var reader = new SettingsReader(configuration);
        var settings = new GatewaySettings(
            reader.Read<NclueOptions>(NclueOptions.Section),
            reader.Read<CacheOptions>(CacheOptions.Section),
            reader.Read<SnapshotOptions>(SnapshotOptions.Section),
            reader.Read<ChangesOptions>(ChangesOptions.Section),
            reader.Read<ConsoleOptions>(ConsoleOptions.Section),
            reader.Read<AuthOptions>(AuthOptions.Section, "Session"),
            reader.Read<BrowserSessionOptions>(BrowserSessionOptions.Section),
            reader.Read<QuotaOptions>(QuotaOptions.Section),
            reader.Read<HttpOptions>(HttpOptions.Section),
            reader.Read<OpenApiOptions>(OpenApiOptions.Section),
            reader.Read<ConnectionStringOptions>(ConnectionStringOptions.Section),
            reader.Read<OperationsOptions>(OperationsOptions.Section),
            reader);
        if (settings.Session.IsOn && !environment.IsDevelopment())
        {
            settings.RefuseUnsafeSessions(reader);
        }

        LogLevels.Check(reader, configuration);
        FrameworkSettings.Check(reader, configuration, environment.EnvironmentName);
        OtlpSettings.Check(reader, configuration);
        reader.ThrowIfMistaken();
        return settings;
    }

    /// <summary>Returns warnings about unwise settings. In development, connections without TLS need none.</summary>
    public SettingsWarnings FindWarnings(IHostEnvironment environment)
    {
        List<string> warnings = [];
        if (!environment.IsDevelopment() && !Auth.RequireHttpsMetadata && !new Uri(Auth.Authority).IsLoopback)
        {
            warnings.Add("Auth:RequireHttpsMetadata is false and Auth:Authority is another machine: "
                + "an attacker between the two can sign in as any user.");
        }

        if (!environment.IsDevelopment() && Nclue.BaseAddress.Scheme != Uri.UriSchemeHttps && !Nclue.BaseAddress.IsLoopback)
        {
            warnings.Add("Nclue:RequireHttps is false and Nclue:BaseAddress is http on another machine: "
                + "an attacker between the two can read and change task runs.");
        }

        if (!ProcessCulture.HasUnicodeData)
        {
            warnings.Add("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT is set: texts are compared without Unicode normalization, "
                + "so a search for Hangul or accented letters can miss task runs. Install ICU and remove the variable.");
        }

        return new(warnings);
    }

    /// <summary>Reads and validates changed settings.</summary>
    /// <exception cref="SettingsException">They have mistakes, or are for another account; the message lists all mistakes.</exception>
    public GatewaySettings ReadChanged(IConfiguration candidate, IHostEnvironment environment)
    {
        var changed = Read(candidate, environment);
        return changed.Nclue.AccountKey == Nclue.AccountKey ? changed : throw new SettingsException(
            ["Nclue:Account or Nclue:BaseAddress: budget and blocks of another account require a restart of the gateway."]);
    }

    private void RefuseUnsafeSessions(SettingsReader reader)
    {
        if (Http.PublicOrigin.Length == 0)
        {
            reader.Add(
                "Http:PublicOrigin",
                "it is required with browser sign-in: the address that browsers return to must not depend on the Host header.");
        }

        if (IsShared && Session.DataProtectionCertificate.Length == 0 && !Session.AllowUnencryptedKeys)
        {
            reader.Add(
                "Auth:Session:DataProtectionCertificate",
                "it is required with browser sign-in and Redis, unless Auth:Session:AllowUnencryptedKeys is true.");
        }
    }
}
