using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Sessions;

/// <summary>A session that this replica has seen.</summary>
/// <param name="Key">What it is stored under.</param>
/// <param name="Session">What the provider has said.</param>
/// <param name="Caller">What that lets the caller do.</param>
/// <param name="IdleExpiresAt">When it ends unless it is used.</param>
/// <param name="SeenAt">The timestamp when the store last had it.</param>
internal sealed record CachedSession(string Key, Session Session, AuthenticatedCaller Caller, DateTimeOffset IdleExpiresAt, long SeenAt)
{
    public bool IsOver(DateTimeOffset now) => now >= IdleExpiresAt || now >= Session.AbsoluteExpiresAt;
}
