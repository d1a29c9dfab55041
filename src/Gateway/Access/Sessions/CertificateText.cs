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
            var certificate = text.Contains("-----BEGIN", StringComparison.Ordinal) ? X509Certificate2.CreateFromPem(text, text)
                : TryDecode(text) is { } bytes ? X509CertificateLoader.LoadPkcs12(bytes, password: null)
                : File.Exists(text) ? ReadFile(text)
                : null;
            return certificate?.GetRSAPrivateKey() is null ? null : certificate;
        }
        catch (Exception unreadable)
            when (unreadable is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static X509Certificate2 ReadFile(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return X509Certificate2.GetCertContentType(bytes) == X509ContentType.Pkcs12
            ? X509CertificateLoader.LoadPkcs12(bytes, password: null)
            : X509Certificate2.CreateFromPemFile(path);
    }

    private static byte[]? TryDecode(string text)
    {
        var bytes = new byte[text.Length];
        return text.Length > 0 && Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }
}
