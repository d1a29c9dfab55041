using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography.X509Certificates;
using NclueGateway.Configuration;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The gateway as a client of the identity provider, for people who sign in with a browser. The settings under
/// <c>Auth:Session</c>.
/// </summary>
internal sealed class BrowserSessionOptions : IValidatableObject
{
    public const string Section = "Auth:Session";

    /// <summary>Maximum lifetime of a session under any settings.</summary>
    /// <remarks>
    /// Marks of ended sessions expire after this time. So they outlive every ticket, even one written under longer
    /// timeouts.
    /// </remarks>
    public static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(30);

    /// <summary>The gateway's client id at the provider (RFC 6749 §2.2).</summary>
    /// <value>Default none: browser sign-in is off.</value>
    public string ClientId { get; set; } = "";

    /// <summary>The secret of the client id.</summary>
    /// <value>Default none: a public client, which only PKCE protects.</value>
    [Secret]
    public string ClientSecret { get; set; } = "";

    /// <summary>Lifetime of a session without a request to <c>/api</c>.</summary>
    /// <value>1 s to 30 days, default 1 h.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Maximum lifetime of a session.</summary>
    /// <value>1 s to 30 days, default 10 h; not less than <see cref="IdleTimeout"/>.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan AbsoluteTimeout { get; set; } = TimeSpan.FromHours(10);

    /// <summary>
    /// The certificate that encrypts the key ring in Redis: PEM text with the certificate and its RSA private key, a PKCS #12 file without
    /// password as base64, or the path of a file with either.
    /// </summary>
    /// <value>Default none.</value>
    [Secret, FreeText]
    public string DataProtectionCertificate { get; set; } = "";

    /// <summary>
    /// Allows storing the key ring in Redis without encryption, so that every client of that Redis can read it.
    /// </summary>
    /// <value>Default false.</value>
    public bool AllowUnencryptedKeys { get; set; }

    /// <summary>True if people can sign in with a browser.</summary>
    public bool IsOn => ClientId.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsOn && (ClientSecret.Length > 0 || DataProtectionCertificate.Length > 0))
        {
            yield return new("it is required when other settings of the session are given.", [nameof(ClientId)]);
        }

        if (AbsoluteTimeout < IdleTimeout)
        {
            yield return new($"'{AbsoluteTimeout}' is shorter than IdleTimeout.", [nameof(AbsoluteTimeout)]);
        }

        if (DataProtectionCertificate.Length > 0 && ReadCertificate() is null)
        {
            yield return new(
                "it is no certificate with an RSA private key: PEM text, PKCS #12 as base64 without a password, "
                + "or the path of such a file.",
                [nameof(DataProtectionCertificate)]);
        }
    }

    /// <summary>Reads the certificate; returns null when none can be read.</summary>
    public X509Certificate2? ReadCertificate() => CertificateText.Read(DataProtectionCertificate);
}
