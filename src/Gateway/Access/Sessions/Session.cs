using System.Security.Claims;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// One sign-in of one person with one browser, as it is kept on the server: what the identity provider has said, and no more of it than the
/// gateway decides by. It holds a refresh token, so it is only ever stored protected.
/// </summary>
internal sealed record Session
{
    /// <summary>Whom the provider has signed in: <c>sub</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>How the person is called; null when the provider does not say.</summary>
    public string? Name { get; init; }

    /// <summary>The provider's own name for its session (<c>sid</c>), by which it may end this one.</summary>
    public string? ProviderSessionId { get; init; }

    /// <summary>What the last id token said.</summary>
    public required IReadOnlyList<SessionClaim> IdClaims { get; init; }

    /// <summary>What else came with the last answer of the token endpoint: scope, user info, access token.</summary>
    public required IReadOnlyList<SessionClaim> GrantClaims { get; init; }

    /// <summary>What re-checks the permission; null when the provider gives none.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>How often the refresh token has been renewed: of two copies of a session only the one with more renewals holds a good one.</summary>
    public int Renewals { get; init; }

    public required DateTimeOffset SignedInAt { get; init; }

    /// <summary>When it ends, whatever happens.</summary>
    public required DateTimeOffset AbsoluteExpiresAt { get; init; }

    /// <summary>When the provider was last asked.</summary>
    public required DateTimeOffset CheckedAt { get; init; }

    /// <summary>The caller that this is a session of.</summary>
    /// <param name="clientId">The gateway's own client id: all browsers are one application.</param>
    public ClaimsPrincipal ToPrincipal(string clientId) => new(new ClaimsIdentity(
        IdClaims.Concat(GrantClaims).DistinctBy(claim => (claim.Type, claim.Value)).Select(claim => new Claim(claim.Type, claim.Value))
            .Append(new("client_id", clientId)),
        SessionConstants.SchemeName));
}

/// <summary>A claim and its value, as the provider wrote them.</summary>
internal sealed record SessionClaim(string Type, string Value);
