using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Sessions;

/// <summary>A session that this replica has seen.</summary>
/// <param name="Key">Key under which it is stored.</param>
/// <param name="Session">The claims and tokens of the provider.</param>
/// <param name="Caller">The caller with the permissions that follow from the claims.</param>
/// <param name="IdleExpiresAt">Time at which it ends unless it is used.</param>
/// <param name="SeenAt">Timestamp at which the store last contained it.</param>
internal sealed record CachedSession(string Key, Session Session, AuthenticatedCaller Caller, DateTimeOffset IdleExpiresAt, long SeenAt)
{
    public bool IsOver(DateTimeOffset now) => now >= IdleExpiresAt || now >= Session.AbsoluteExpiresAt;
}
