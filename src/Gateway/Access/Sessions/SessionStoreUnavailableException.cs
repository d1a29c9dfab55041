namespace NclueGateway.Access.Sessions;

/// <summary>Nobody can say now whether there is such a session: Redis does not answer. It is not the browser's fault.</summary>
internal sealed class SessionStoreUnavailableException() : Exception("Sessions cannot be looked up: Redis does not answer.");
