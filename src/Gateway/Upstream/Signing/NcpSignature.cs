using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace NclueGateway.Upstream.Signing;

/// <summary>
/// Signature version 2 of the NCP API gateway: base64 of HMAC-SHA256 over method, path with query, time and access key.
/// Source: https://api.ncloud-docs.com/docs/common-ncpapi.
/// </summary>
internal static class NcpSignature
{
    public const string TimestampHeader = "x-ncp-apigw-timestamp";
    public const string AccessKeyHeader = "x-ncp-iam-access-key";
    public const string SignatureHeader = "x-ncp-apigw-signature-v2";

    /// <summary>Returns the signature of one request.</summary>
    /// <param name="method">The method in upper case.</param>
    /// <param name="pathAndQuery">Path and query exactly as in the request line: the query is neither sorted nor encoded again.</param>
    /// <param name="unixMilliseconds">The value of <see cref="TimestampHeader"/>. NCP refuses it when it is 5 minutes or more off.</param>
    /// <param name="accessKey">The value of <see cref="AccessKeyHeader"/>.</param>
    /// <param name="secretKey">The key of the HMAC, as UTF-8 text (it is not base64-decoded).</param>
    public static string Sign(string method, string pathAndQuery, long unixMilliseconds, string accessKey, string secretKey)
    {
        var message = Message(method, pathAndQuery, unixMilliseconds, accessKey);
        return Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secretKey), Encoding.UTF8.GetBytes(message)));
    }

    /// <summary>
    /// Returns the signed string with a masked access key, of which only enough characters to distinguish two keys are
    /// visible.
    /// </summary>
    public static string MaskedStringToSign(string method, string pathAndQuery, long unixMilliseconds, string accessKey) =>
        Message(method, pathAndQuery, unixMilliseconds, accessKey.Length > 12 ? "…" + accessKey[^4..] : "…");

    /// <summary>Returns the string to sign. Lines end in LF; the last one has no line break.</summary>
    private static string Message(string method, string pathAndQuery, long unixMilliseconds, string accessKey) =>
        string.Create(CultureInfo.InvariantCulture, $"{method} {pathAndQuery}\n{unixMilliseconds}\n{accessKey}");
}
