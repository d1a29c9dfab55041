using System.ComponentModel.DataAnnotations;
using System.Globalization;
using NclueGateway.Configuration;
using NclueGateway.Http;

namespace NclueGateway.Access.Callers;

/// <summary>
/// Rules for callers: the identity provider whose access tokens are accepted, and what a token must grant. The settings
/// under <c>Auth</c>.
/// </summary>
internal sealed class AuthOptions : IValidatableObject
{
    public const string Section = "Auth";

    /// <summary>
    /// The identity provider's address, below which its <c>.well-known/openid-configuration</c> is (OpenID Connect Discovery
    /// 1.0 §4).
    /// </summary>
    /// <value>Required; https unless <see cref="RequireHttpsMetadata"/> is false; no query, no fragment.</value>
    [Required]
    public string Authority { get; set; } = "";

    /// <summary>
    /// The issuer that the provider's metadata must name (OpenID Connect Discovery 1.0 §4.3), if it is not
    /// <see cref="Authority"/>.
    /// </summary>
    /// <value>Default <see cref="Authority"/>, with or without a slash at the end; else compared character by character.</value>
    public string Issuer { get; set; } = "";

    /// <summary>The name by which the provider knows this gateway, as in the claim <c>aud</c>.</summary>
    /// <value>Required, unless <see cref="Audiences"/> are set; compared character by character.</value>
    public string Audience { get; set; } = "";

    /// <summary>Several such names, in addition to <see cref="Audience"/>. A token needs one of them.</summary>
    /// <value>Default none; compared character by character.</value>
    public IList<string> Audiences { get; set; } = [];

    /// <summary>
    /// Requires https for the provider's metadata and keys. False is for a provider on the developer's own machine.
    /// </summary>
    /// <value>Default true.</value>
    public bool RequireHttpsMetadata { get; set; } = true;

    /// <summary>The HTTP proxy for all requests to the identity provider, such as <c>http://proxy.example.com:3128</c>.</summary>
    /// <value>Default none: the proxy of the environment (<c>HTTPS_PROXY</c>), if there is one.</value>
    public string Proxy { get; set; } = "";

    /// <summary>The user name for <see cref="Proxy"/> (Basic authentication).</summary>
    /// <value>Default none.</value>
    public string ProxyUser { get; set; } = "";

    /// <summary>The password that belongs to <see cref="ProxyUser"/>.</summary>
    [Secret]
    public string ProxyPassword { get; set; } = "";

    /// <summary>The scope, role or group that lets a caller read task runs.</summary>
    /// <value>Default <c>task-runs:read</c>; one scope token (RFC 6749 §3.3: no spaces, quotes or backslashes).</value>
    [Required]
    [RegularExpression(@"[\x21\x23-\x5B\x5D-\x7E]+", ErrorMessage = "it must be one word without quotes or backslashes.")]
    public string ReadScope { get; set; } = "task-runs:read";

    /// <summary>The claims that may contain <see cref="ReadScope"/>; each may come several times or be an array.</summary>
    /// <value>Default <c>scope</c>, <c>scp</c>, <c>roles</c>, <c>role</c>, <c>groups</c>; at least one.</value>
    public IList<string> PermissionClaims { get; set; } = ["scope", "scp", "roles", "role", "groups"];

    /// <summary>
    /// Claims that every token must have, with exactly these values: the tenant (<c>tid</c>) or domain (<c>hd</c>) of a
    /// provider that several organizations share.
    /// </summary>
    /// <value>Default none.</value>
    public IDictionary<string, string> RequiredClaims { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The claim that distinguishes the users of one client.</summary>
    /// <value>Default <c>sub</c>.</value>
    [Required]
    public string SubjectClaim { get; set; } = "sub";

    /// <summary>The frontends whose pages may call from a browser, by their exact origins.</summary>
    /// <value>Default none; https unless on loopback.</value>
    public IList<string> AllowedOrigins { get; set; } = [];

    /// <summary>All audiences of accepted tokens; at least one in valid settings.</summary>
    internal IReadOnlyList<string> AcceptedAudiences => Audience.Length > 0 ? [Audience, .. Audiences] : [.. Audiences];

    /// <summary>The proxy for requests to the identity provider.</summary>
    internal EgressProxy Egress => new(Section, Proxy, ProxyUser, ProxyPassword);

    /// <summary>Returns true if the provider's metadata may name this issuer.</summary>
    public bool IsIssuer(string name) => Issuer.Length > 0
        ? name == Issuer
        : name.TrimEnd('/') == Authority.TrimEnd('/')
            || (Uri.TryCreate(name, UriKind.Absolute, out var issuer) // ignores the case of the host and a default port
                && issuer.AbsoluteUri.TrimEnd('/') == new Uri(Authority).AbsoluteUri.TrimEnd('/'));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(Authority, UriKind.Absolute, out var authority)
            || (authority.Scheme != Uri.UriSchemeHttps && authority.Scheme != Uri.UriSchemeHttp)
            || authority.Query.Length > 0
            || authority.Fragment.Length > 0)
        {
            yield return new("it must be an absolute https address without query and fragment.", [nameof(Authority)]);
        }
        else if (RequireHttpsMetadata && authority.Scheme != Uri.UriSchemeHttps)
        {
            yield return new("it must be https, unless Auth:RequireHttpsMetadata is false.", [nameof(Authority)]);
        }

        if (AcceptedAudiences.Count == 0)
        {
            yield return new("it is required, unless Auth:Audiences is set.", [nameof(Audience)]);
        }

        if (Audiences.Any(string.IsNullOrWhiteSpace))
        {
            yield return new("an entry is empty.", [nameof(Audiences)]);
        }

        foreach (var mistake in Egress.Validate())
        {
            yield return mistake;
        }

        if (PermissionClaims.Count == 0 || PermissionClaims.Any(string.IsNullOrWhiteSpace))
        {
            yield return new("it must name at least one claim, and none by an empty name.", [nameof(PermissionClaims)]);
        }

        if (RequiredClaims.Any(claim => string.IsNullOrWhiteSpace(claim.Key) || string.IsNullOrWhiteSpace(claim.Value)))
        {
            yield return new("each claim must have a name and a value.", [nameof(RequiredClaims)]);
        }

        for (var i = 0; i < AllowedOrigins.Count; i++)
        {
            if (Origin.Validate(AllowedOrigins[i]) is { } mistake)
            {
                yield return new(mistake, [string.Create(CultureInfo.InvariantCulture, $"{nameof(AllowedOrigins)}:{i}")]);
            }
        }
    }
}
