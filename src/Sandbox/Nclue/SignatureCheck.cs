using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// Checks signature v2 of the NCP API gateway (<c>api.ncloud-docs.com/docs/common-ncpapi</c>) as the receiver. It
/// deliberately shares no code with the gateway's signer, because an error in shared code would not be detected.
/// </summary>
internal static class SignatureCheck
{
    public const string TimestampHeader = "x-ncp-apigw-timestamp";
    public const string AccessKeyHeader = "x-ncp-iam-access-key";
    public const string SignatureHeader = "x-ncp-apigw-signature-v2";

    /// <summary>
    /// Minimum difference between a timestamp and the receiver's clock, in either direction, for which a request is
    /// rejected.
    /// </summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Computes the signature of one request. It covers the method, path and query exactly as sent, and the timestamp
    /// (milliseconds since 1970) and the access key exactly as in their headers.
    /// </summary>
    public static string Compute(string method, string target, string timestamp, string accessKey, string secretKey) =>
        Convert.ToBase64String(HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(secretKey),
            Encoding.UTF8.GetBytes($"{method} {target}\n{timestamp}\n{accessKey}")));

    /// <summary>Returns the error in the three headers of a request, or null.</summary>
    public static SignatureMistake? Check(Arrival arrival, IReadOnlyDictionary<string, string> keys, DateTimeOffset now)
    {
        if (One(TimestampHeader) is not { } timestamp
            || One(AccessKeyHeader) is not { } accessKey
            || One(SignatureHeader) is not { } signature)
        {
            return SignatureMistake.Missing;
        }

        if (!keys.TryGetValue(accessKey, out var secretKey))
        {
            return SignatureMistake.AccessKey;
        }

        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            || Math.Abs((decimal)milliseconds - now.ToUnixTimeMilliseconds()) >= (decimal)Tolerance.TotalMilliseconds)
        {
            return SignatureMistake.Timestamp;
        }

        var expected = Compute(arrival.Method, arrival.Target, timestamp, accessKey, secretKey);
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(signature))
            ? null
            : SignatureMistake.Signature;

        string? One(string name) => arrival.Headers.TryGetValue(name, out var values) && values is [{ Length: > 0 } value] ? value : null;
    }
}

/// <summary>
/// Reason why a request is not authentic. The response distinguishes only <see cref="Missing"/> from the rest, as NCP
/// does.
/// </summary>
internal enum SignatureMistake
{
    Missing,
    AccessKey,
    Timestamp,
    Signature,
}
