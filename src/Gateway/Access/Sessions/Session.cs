using System.Security.Claims;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// One sign-in of one person with one browser, as stored on the server: those claims of the identity provider that the
/// gateway uses. It contains a refresh token, so it is always stored encrypted.
/// </summary>
internal sealed record Session
{
    /// <summary>Subject that the provider has signed in: <c>sub</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>Name of the person; null when the provider sends none.</summary>
    public string? Name { get; init; }

    /// <summary>The provider's id of its session (<c>sid</c>), by which it may end this one.</summary>
    public string? ProviderSessionId { get; init; }

    /// <summary>Claims of the last id token.</summary>
    public required IReadOnlyList<SessionClaim> IdClaims { get; init; }

    /// <summary>Claims of the last response of the token endpoint: scope, user info, access token.</summary>
    public required IReadOnlyList<SessionClaim> GrantClaims { get; init; }

    /// <summary>Refresh token for checking the permissions again; null when the provider issues none.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>
    /// Number of renewals of the refresh token. If two copies of a session exist, only the one with the higher number
    /// has a valid token.
    /// </summary>
    public int Renewals { get; init; }

    public required DateTimeOffset SignedInAt { get; init; }

    /// <summary>Time at which the session ends, even if it is used.</summary>
    public required DateTimeOffset AbsoluteExpiresAt { get; init; }

    /// <summary>Time at which the provider last confirmed the session.</summary>
    public required DateTimeOffset CheckedAt { get; init; }

    /// <summary>Returns the principal of the session.</summary>
    /// <param name="clientId">The gateway's own client id: all browsers are one application.</param>
    public ClaimsPrincipal ToPrincipal(string clientId) => new(new ClaimsIdentity(
        IdClaims.Concat(GrantClaims).DistinctBy(claim => (claim.Type, claim.Value)).Select(claim => new Claim(claim.Type, claim.Value))
            .Append(new("client_id", clientId)),
        SessionConstants.SchemeName));
}

/// <summary>A claim and its value, as the provider wrote them.</summary>
internal sealed record SessionClaim(string Type, string Value);
