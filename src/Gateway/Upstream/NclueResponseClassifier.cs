using System.Globalization;
using Microsoft.Net.Http.Headers;
using NclueGateway.Time;

namespace NclueGateway.Upstream;

/// <summary>
/// Classifies a response of NCP by its status and the code in its body.
/// Source: https://api-gov.ncloud-docs.com/docs/api-call-lgc-errorhandling and https://api.ncloud-docs.com/docs/nclue-api-overview.
/// </summary>
internal static class NclueResponseClassifier
{
    /// <summary>Minimum difference from NCP's clock at which NCP refuses a request.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>Maximum length of a content coding's name in a message. All registered names are shorter.</summary>
    private const int LongestCoding = 20;

    /// <summary>Returns the body, or the failure that the response indicates.</summary>
    /// <param name="response">Status and headers of the response.</param>
    /// <param name="body">The body; empty when it is incomplete.</param>
    /// <param name="now">The present time, by the clock that the request was signed by.</param>
    public static FetchResult Read(HttpResponse response, ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        var status = response.StatusCode;
        if (status == StatusCodes.Status200OK)
        {
            return Coding(response) is { } coding
                ? FetchResult.Failed(
                    NclueFailureKind.Unreadable,
                    $"NCLUE's response is encoded ({coding}), although the gateway accepts no coding (Accept-Encoding: identity).")
                : FetchResult.Success(body);
        }

        var code = NcpErrorCode.Code(body);
        var received = $"HTTP {status}{(code is null ? "" : string.Create(CultureInfo.InvariantCulture, $", code {code}"))}";
        return status switch
        {
            401 or 403 or 404 => Refused(status, code, received, Skew(response, now)),
            429 when code == 400 => FetchResult.Failed(
                NclueFailureKind.QuotaExceeded, $"The quota of the NCP account is used up ({received}).", RetryAfter(response, now)),
            429 => FetchResult.Failed(
                NclueFailureKind.Throttled,
                $"NCP throttles the account ({received}): another program may use it too.",
                RetryAfter(response, now)),
            _ => FetchResult.Failed(NclueFailureKind.ServerError, $"NCLUE responded with {received}."),
        };
    }

    /// <summary>
    /// Returns the first coding that the gateway did not request, as text that is safe to show; null if there is none.
    /// </summary>
    private static string? Coding(HttpResponse response)
    {
        var codings = $"{response.Headers.ContentEncoding},{response.Headers.TransferEncoding}";
        var coding = codings.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)
                && !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase));
        var isSafe = coding is { Length: <= LongestCoding } && coding.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');
        return coding is null || isSafe ? coding : "an unknown coding";
    }

    /// <summary>
    /// Returns a refusal with its probable cause. NCP's text does not name the cause, so it is derived from status, code and clock.
    /// </summary>
    private static FetchResult Refused(int status, int? code, string received, TimeSpan? skew)
    {
        var (cause, words) = (status, code) switch
        {
            _ when skew?.Duration() >= ClockTolerance => (RefusalCause.Clock, string.Create(CultureInfo.InvariantCulture,
                $"its clock is {skew.Value.Duration().TotalMinutes:0} minutes {ClockDifference.Direction(skew.Value)} NCP's")),
            (404, _) or (_, 300) => (RefusalCause.Path, "the path of Nclue:BaseAddress is probably wrong"),
            (_, 210 or 230 or 10100) or (403, _) => (RefusalCause.Permission, "the key has no permission for NCLUE"),
            _ => (RefusalCause.Key, "the key pair is probably wrong, disabled or expired"),
        };
        var detail = $"NCP refused the gateway's request ({received}): {words}.";
        var failure = new NclueFailure(NclueFailureKind.CredentialsRefused, detail) { Cause = cause };
        return new(default, failure);
    }

    private static TimeSpan? Skew(HttpResponse response, DateTimeOffset now) =>
        HeaderUtilities.TryParseDate(response.Headers.Date.ToString(), out var date) ? now - date : null;

    private static TimeSpan? RetryAfter(HttpResponse response, DateTimeOffset now)
    {
        var value = response.Headers.RetryAfter.ToString();
        if (value.Length > 0 && value.All(char.IsAsciiDigit))
        {
            return int.TryParse(value, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
        }

        // The date is compared with the clock that wrote it, if the response has a Date.
        now = HeaderUtilities.TryParseDate(response.Headers.Date.ToString(), out var sent) ? sent : now;
        return HeaderUtilities.TryParseDate(value, out var date) && date > now ? date - now : null;
    }
}
