using System.Security.Claims;

namespace NclueGateway.Access.Callers;

/// <summary>
/// Who is calling, as far as sharing the gateway fairly goes: an application and whoever uses it. Two people in one application are two
/// callers; so is one person in two applications. A value that stands in for a key, so it is small and compares by content.
/// </summary>
/// <param name="Client">The application: <c>client_id</c> (RFC 9068), else <c>azp</c>, else <c>appid</c> (Microsoft Entra v1), else <c>cid</c>
/// (Okta); empty when the token names none.</param>
/// <param name="Subject">The person or the application itself: the claim <see cref="AuthOptions.SubjectClaim"/>; empty when the token names
/// none.</param>
internal readonly record struct CallerKey(string Client, string Subject)
{
    public static CallerKey From(ClaimsPrincipal caller, AuthOptions options) => new(
        (caller.FindFirst("client_id") ?? caller.FindFirst("azp") ?? caller.FindFirst("appid") ?? caller.FindFirst("cid"))?.Value ?? "",
        caller.FindFirst(options.SubjectClaim)?.Value ?? "");

    /// <summary>Only the application: a subject may be a person's name or address, and this is what ends up in a log by accident.</summary>
    public override string ToString() => Client;
}
