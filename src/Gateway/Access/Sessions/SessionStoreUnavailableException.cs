namespace NclueGateway.Access.Sessions;

/// <summary>
/// The exception that is thrown when it is unknown whether a session exists, because Redis does not respond.
/// </summary>
internal sealed class SessionStoreUnavailableException() : Exception("Sessions cannot be looked up: Redis does not respond.");
