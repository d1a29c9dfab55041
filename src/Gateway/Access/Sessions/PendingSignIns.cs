using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The cookies of sign-ins that a browser has begun and not finished. Each sign-in has two cookies, which the browser
/// sends with every request until they expire. Another site can begin any number of sign-ins, and servers refuse
/// requests whose headers are too long. So only the latest few are kept.
/// </summary>
internal static class PendingSignIns
{
    /// <summary>Maximum number of sign-ins of one browser: about as many as a person begins in parallel tabs.</summary>
    public const int Most = 3;

    /// <summary>
    /// Maximum number of cookies of each of the two kinds that one response deletes. A browser never has more than one
    /// to delete. But another client can send a thousand invented names, and each deletion costs a header and a search
    /// through the headers before it.
    /// </summary>
    public const int MaxDeletions = 10;

    /// <summary>Maximum duration of a sign-in at the provider.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromMinutes(15);

    private const string Correlation = "__Host-nclue-correlation.";
    private const string Nonce = "__Host-nclue-nonce.";

    /// <summary>Sets the names and the security attributes of the cookies of the framework's handler.</summary>
    public static void Configure(OpenIdConnectOptions oidc)
    {
        oidc.RemoteAuthenticationTimeout = Within;
        oidc.ProtocolValidator.NonceLifetime = Within;
        Harden(oidc.CorrelationCookie, Correlation);
        Harden(oidc.NonceCookie, Nonce);
    }

    /// <summary>Deletes the oldest cookies to make room for one more. Browsers send the oldest first (RFC 6265 §5.4).</summary>
    public static void MakeRoom(HttpContext context)
    {
        foreach (var prefix in (string[])[Correlation, Nonce])
        {
            var names = context.Request.Cookies.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToList();
            foreach (var name in names.SkipLast(Most - 1).Take(MaxDeletions))
            {
                context.Response.Cookies.Delete(name, new() { Path = "/", HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax });
            }
        }
    }

    private static void Harden(CookieBuilder cookie, string name)
    {
        cookie.Name = name;
        cookie.Path = "/"; // the prefix __Host- requires it
        cookie.HttpOnly = true;
        cookie.SameSite = SameSiteMode.Lax;
        cookie.SecurePolicy = CookieSecurePolicy.Always;
        cookie.Expiration = Within;
    }
}
