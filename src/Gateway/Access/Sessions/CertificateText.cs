using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NclueGateway.Access.Sessions;

/// <summary>Reads a certificate with its private key from a setting, in PEM (RFC 7468) or PKCS #12 (RFC 7292).</summary>
internal static class CertificateText
{
    /// <summary>
    /// Reads a certificate. Null where none can be read, and for a certificate without an RSA private key: XML encryption
    /// supports no other.
    /// </summary>
    public static X509Certificate2? Read(string text)
    {
        try
        {
            var bytes = new byte[text.Length];
            var certificate = text.Contains("-----BEGIN", StringComparison.Ordinal) ? X509Certificate2.CreateFromPem(text, text)
                : text.Length > 0 && Convert.TryFromBase64String(text, bytes, out var length) ? LoadPkcs12(bytes.AsSpan(0, length))
                : !File.Exists(text) ? null
                : X509Certificate2.GetCertContentType(text) == X509ContentType.Pkcs12 ? LoadPkcs12(File.ReadAllBytes(text))
                : X509Certificate2.CreateFromPemFile(text);
            return certificate?.GetRSAPrivateKey() is null ? null : certificate;
        }
        catch (Exception unreadable)
            when (unreadable is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static X509Certificate2 LoadPkcs12(ReadOnlySpan<byte> bytes) => X509CertificateLoader.LoadPkcs12(bytes, password: null);
}
