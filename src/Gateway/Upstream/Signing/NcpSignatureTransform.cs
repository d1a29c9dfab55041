using System.Globalization;
using System.Text.RegularExpressions;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace NclueGateway.Upstream.Signing;

/// <summary>
/// The last request transform of every forward: fixes the final URI, stamps it and signs it.
/// </summary>
/// <remarks>
/// NCP sells no read-only key: the key that lists can also delete. So nothing is signed but the one request this gateway exists for,
/// <c>GET {BaseAddress}task-runs?index=…&amp;limit=…</c>; a further call extends this list in a commit of its own.
/// Within a transform <c>RequestUri</c> is still null, and YARP keeps the one that a transform sets: what is signed is what is sent.
/// </remarks>
/// <param name="allowed">The one address, without its query, whose requests are signed.</param>
internal sealed partial class NcpSignatureTransform(
    string allowed, NclueCredentials credentials, ClockSkewEstimator clock, TimeProvider time) : RequestTransform
{
    /// <exception cref="InvalidOperationException">The request is not on the list. Nothing was signed.</exception>
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        var request = context.ProxyRequest;
        var uri = RequestUtilities.MakeDestinationAddress(context.DestinationPrefix, context.Path, context.HttpContext.Request.QueryString);
        if (!IsAllowed(request.Method, uri))
        {
            throw new InvalidOperationException("This request is not one that the gateway signs.");
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
        context.HttpContext.Features.Set(new SignedRequest(
            key, signedTime, time.GetTimestamp(), NcpSignature.Layout(request.Method.Method, uri.PathAndQuery, now, key.AccessKey)));
        return default;
    }

    /// <summary>By the text, character for character: a parsed address has lost what its parser forgives (case, dots, encoded digits, line ends).</summary>
    private bool IsAllowed(HttpMethod method, Uri uri) =>
        method.Method == HttpMethods.Get
        && uri.OriginalString.StartsWith(allowed, StringComparison.Ordinal)
        && AllowedQuery().IsMatch(uri.OriginalString.AsSpan(allowed.Length));

    [GeneratedRegex(@"\A\?index=[0-9]{1,9}&limit=[0-9]{1,3}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex AllowedQuery();
}
