namespace NclueGateway.Access.Sessions;

/// <summary>Redis does not respond, so it is unknown whether a session exists. It is not the browser's fault.</summary>
internal sealed class SessionStoreUnavailableException() : Exception("Sessions cannot be looked up: Redis does not respond.");
