using System.Globalization;
using System.Text.RegularExpressions;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace NclueGateway.Upstream.Signing;

/// <summary>
/// The last request transform of every forwarded request: sets the final URI, adds the timestamp and signs the request.
/// </summary>
/// <remarks>
/// NCP has no read-only keys: a key that can list runs can also delete them. So only the one request that this gateway
/// needs is signed, <c>GET {BaseAddress}task-runs?index=…&amp;limit=…</c>. A further request must be added here, in its
/// own commit. Within a transform <c>RequestUri</c> is still null, and YARP keeps the one that a transform sets. So the
/// signed URI is the one sent.
/// </remarks>
/// <param name="allowed">The only address, without its query, whose requests are signed.</param>
internal sealed partial class NcpSignatureTransform(
    string allowed, NclueCredentials credentials, ClockSkewEstimator clock, TimeProvider time) : RequestTransform
{
    /// <exception cref="InvalidOperationException">The request is not allowed. Nothing was signed.</exception>
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        var request = context.ProxyRequest;
        var uri = RequestUtilities.MakeDestinationAddress(context.DestinationPrefix, context.Path, context.HttpContext.Request.QueryString);
        if (!IsAllowed(request.Method, uri))
        {
            throw new InvalidOperationException("The gateway does not sign this request.");
        }

        var key = credentials.InUse;
        var signedTime = clock.Now;
        var now = signedTime.ToUnixTimeMilliseconds();
        request.RequestUri = uri;
        request.Headers.Host = null; // the authority of the URI
        request.Headers.Add(NcpSignature.TimestampHeader, now.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(NcpSignature.AccessKeyHeader, key.AccessKey);
        request.Headers.Add(NcpSignature.SignatureHeader,
            NcpSignature.Sign(request.Method.Method, uri.PathAndQuery, now, key.AccessKey, key.SecretKey));
        var signedText = NcpSignature.MaskedStringToSign(request.Method.Method, uri.PathAndQuery, now, key.AccessKey);
        context.HttpContext.Features.Set(new SignedRequest(key, signedTime, time.GetTimestamp(), signedText));
        return default;
    }

    /// <summary>
    /// Compares the text of the addresses, character by character. Parsed addresses could be equal although their texts
    /// differ in case, dots, encoded digits or line breaks.
    /// </summary>
    private bool IsAllowed(HttpMethod method, Uri uri) =>
        method.Method == HttpMethods.Get
        && uri.OriginalString.StartsWith(allowed, StringComparison.Ordinal)
        && AllowedQuery().IsMatch(uri.OriginalString.AsSpan(allowed.Length));

    [GeneratedRegex(@"\A\?index=[0-9]{1,9}&limit=[0-9]{1,3}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex AllowedQuery();
}
