using System.Globalization;
using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>Problem details of the gateway (RFC 9457).</summary>
public sealed record NclueGatewayProblem
{
    /// <summary>Type of the problem: the path of a page of the gateway that explains it.</summary>
    public string? Type { get; init; }

    /// <summary>
    /// The end of <see cref="Type"/>, to decide by: a value of <see cref="ProblemSlugs"/>, or of a newer gateway.
    /// </summary>
    [JsonIgnore]
    public string? Slug => Type?[(Type.LastIndexOf('/') + 1)..];

    /// <summary>Title of the problem type.</summary>
    public string? Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public int? Status { get; init; }

    /// <summary>Description of this occurrence.</summary>
    public string? Detail { get; init; }

    /// <summary>Trace id, by which an operator finds the request.</summary>
    public string? TraceId { get; init; }

    /// <summary>With <see cref="ProblemSlugs.InvalidRequest"/>: error messages by parameter.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors { get; init; }

    /// <summary>
    /// With <see cref="ProblemSlugs.Unauthenticated"/>: path of the sign-in with a browser; null if there is none.
    /// </summary>
    public string? Login { get; init; }

    /// <summary>With <see cref="ProblemSlugs.ListIncomplete"/>: number of runs that the gateway has read.</summary>
    public long? Runs { get; init; }

    /// <summary>
    /// With <see cref="ProblemSlugs.ListIncomplete"/>: number of runs of the whole list; null while it is not known.
    /// </summary>
    public long? ExpectedTotal { get; init; }

    /// <summary>Returns all details in one line.</summary>
    public override string ToString()
    {
        var errors = Errors?.Select(error => $"{error.Key}: {string.Join(' ', error.Value)}") ?? [];
        var expected = ExpectedTotal?.ToString(CultureInfo.InvariantCulture) ?? "an unknown number of";
        var progress = string.Create(CultureInfo.InvariantCulture, $"{Runs} of {expected} runs are read.");
        string?[] details = [$"{Slug}: {Title}.", Detail, .. errors, Runs is null ? null : progress, $"(trace id {TraceId})"];
        return string.Join(' ', details.Where(detail => detail is not null));
    }
}

/// <summary>Problems in responses to a read: the values of <see cref="NclueGatewayProblem.Slug"/>.</summary>
public static class ProblemSlugs
{
    /// <summary>400: a parameter is wrong; see <see cref="NclueGatewayProblem.Errors"/>.</summary>
    public const string InvalidRequest = "invalid-request";

    /// <summary>401: the request has no valid access token.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>403: the token is valid, but does not grant the permission.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>404: the base address is not that of the gateway. A run that does not exist is no exception.</summary>
    public const string NotFound = "not-found";

    /// <summary>406: an intermediary has changed the header <c>Accept</c>.</summary>
    public const string NotAcceptable = "not-acceptable";

    /// <summary>410: the gateway no longer has the version of the list that a page was from.</summary>
    public const string CursorExpired = "cursor-expired";

    /// <summary>
    /// 410: the gateway no longer has the changes since a version, or they are more than 1,000. Read the list again.
    /// </summary>
    public const string ChangesExpired = "changes-expired";

    /// <summary>429: this caller sends too many requests, or has too many streams open.</summary>
    public const string CallerQuota = "caller-quota";

    /// <summary>500: an unexpected error occurred in the gateway.</summary>
    public const string InternalError = "internal-error";

    /// <summary>501: the list has more runs than the gateway's setting <c>Snapshot:MaxRuns</c>; no retry helps.</summary>
    public const string ListTooLarge = "list-too-large";

    /// <summary>502: NCLUE rejects the gateway's key.</summary>
    public const string UpstreamCredentials = "upstream-credentials";

    /// <summary>502: the gateway cannot read NCLUE's response.</summary>
    public const string UpstreamMalformed = "upstream-malformed";

    /// <summary>502: NCLUE responded with an error.</summary>
    public const string UpstreamError = "upstream-error";

    /// <summary>503: the rows are not cached, and NCLUE's rate limit delays their fetch.</summary>
    public const string UpstreamBusy = "upstream-busy";

    /// <summary>503: the account's quota at NCLUE is used up.</summary>
    public const string UpstreamQuota = "upstream-quota";

    /// <summary>503: the gateway has not read the whole list yet; see <see cref="NclueGatewayProblem.Runs"/>.</summary>
    public const string ListIncomplete = "list-incomplete";

    /// <summary>503: this replica of the gateway has as many streams open as it may.</summary>
    public const string StreamsExhausted = "streams-exhausted";

    /// <summary>503: this replica of the gateway is shutting down; another replica will respond.</summary>
    public const string Draining = "draining";

    /// <summary>504: NCLUE did not respond in time.</summary>
    public const string UpstreamTimeout = "upstream-timeout";
}
