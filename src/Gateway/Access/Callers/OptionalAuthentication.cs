namespace NclueGateway.Access.Callers;

/// <summary>
/// Metadata of an endpoint that anonymous callers may use. Its callers are authenticated if they send a token or a session
/// cookie.
/// </summary>
internal sealed record OptionalAuthentication;
