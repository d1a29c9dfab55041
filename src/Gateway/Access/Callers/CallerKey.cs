using System.Security.Claims;

namespace NclueGateway.Access.Callers;

/// <summary>
/// Key of a caller for rate limits and fair queueing: an application and its user. Two people in one application are
/// two callers; one person in two applications is also two callers. A key of dictionaries, so it is small and compares
/// by content.
/// </summary>
/// <param name="Client">
/// The application: <c>client_id</c> (RFC 9068), else <c>azp</c>, else <c>appid</c> (Microsoft Entra v1), else <c>cid</c>
/// (Okta); empty when the token names none.
/// </param>
/// <param name="Subject">
/// The person or the application itself: the claim <see cref="AuthOptions.SubjectClaim"/>; empty when the token names none.
/// </param>
internal readonly record struct CallerKey(string Client, string Subject)
{
    public static CallerKey From(ClaimsPrincipal caller, AuthOptions options) => new(
        (caller.FindFirst("client_id") ?? caller.FindFirst("azp") ?? caller.FindFirst("appid") ?? caller.FindFirst("cid"))?.Value ?? "",
        caller.FindFirst(options.SubjectClaim)?.Value ?? "");

    /// <summary>
    /// Returns only the application, because a key may be logged by accident, and a subject may be a person's name or
    /// address.
    /// </summary>
    public override string ToString() => Client;
}
