namespace NclueGateway.Hosting;

/// <summary>
/// Names of the log categories. Operators set levels and filter by them, so they are a contract: they do not follow the names of types.
/// </summary>
internal static class LogCategories
{
    public const string BlockStore = "NclueGateway.TaskRuns.SharedBlocks";
    public const string Clock = "NclueGateway.Nclue.UpstreamClock";
    public const string Collector = "NclueGateway.Operations.Telemetry.CollectorWatch";
    public const string Connections = "NclueGateway.Http.ConnectionLimiter";
    public const string Credentials = "NclueGateway.Nclue.NclueCredentials";
    public const string Exceptions = "NclueGateway.Http.UnhandledExceptions";
    public const string IdentityProvider = "NclueGateway.Access.IssuerKeys";
    public const string KeyRing = "NclueGateway.Access.Sessions.KeyRing";
    public const string LostEvents = "NclueGateway.Operations.Audit.AuditTrail";
    public const string Redis = "NclueGateway.Redis.RedisCircuit";
    public const string RedisValues = "NclueGateway.Redis.UnreadableValues";
    public const string Refresh = "NclueGateway.TaskRuns.BlockRefresher";
    public const string SessionRevalidation = "NclueGateway.Access.Sessions.SessionCheck";
    public const string Sessions = "NclueGateway.Access.Sessions.SessionStore";
    public const string SettingsReload = "NclueGateway.Operations.Reload.SettingsReload";
    public const string Shutdown = "NclueGateway.Operations.Draining";
    public const string SignIn = "NclueGateway.Access.Sessions.SignInEvents";
}
