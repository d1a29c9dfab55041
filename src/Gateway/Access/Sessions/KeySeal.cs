using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Xml.Linq;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Authenticates the elements of the key ring with a secret that is not in Redis. Encryption alone does not prove the
/// author: the certificate's public part is in the ring, so any program with access to Redis can encrypt a key for it.
/// Only keys with a seal are used. So write access to Redis is not enough to forge a ticket, a state or a nonce.
/// </summary>
internal sealed class KeySeal
{
    private static readonly XName Attribute = "seal";

    private readonly byte[] _secret;

    public KeySeal(X509Certificate2 certificate)
    {
        // A PKCS #1 v1.5 signature is deterministic (RFC 8017 §8.2): the same private key gives the same secret on every replica
        // and at every start. That also works for a key that cannot be exported.
        using var key = certificate.GetRSAPrivateKey()!;
        var signature = key.SignData("NclueGateway: secret of the key ring, v1"u8, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _secret = HKDF.DeriveKey(HashAlgorithmName.SHA256, signature, outputLength: 32, info: "NclueGateway key ring seal"u8.ToArray());
    }

    /// <summary>Returns the element with its seal, in the form in which Redis returns it.</summary>
    public XElement Seal(XElement element)
    {
        var plain = XElement.Parse(Text(element)); // parsing drops white space, so the seal must not cover it
        plain.SetAttributeValue(Attribute, Convert.ToBase64String(Compute(plain)));
        return plain;
    }

    /// <summary>Returns true if a holder of the private key wrote the element and it is unchanged.</summary>
    public bool IsGood(XElement element)
    {
        var seal = new byte[HMACSHA256.HashSizeInBytes];
        if (!Convert.TryFromBase64String((string?)element.Attribute(Attribute) ?? "", seal, out var length) || length != seal.Length)
        {
            return false;
        }

        var plain = new XElement(element);
        plain.SetAttributeValue(Attribute, null);
        return CryptographicOperations.FixedTimeEquals(seal, Compute(plain));
    }

    private byte[] Compute(XElement plain) => HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(Text(plain)));

    private static string Text(XElement element) => element.ToString(SaveOptions.DisableFormatting);
}
