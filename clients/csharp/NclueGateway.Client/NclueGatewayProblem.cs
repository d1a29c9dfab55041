using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>Why the gateway refused, in its own words (RFC 9457).</summary>
public sealed record NclueGatewayProblem
{
    /// <summary>The kind of problem: the path of a page of the gateway that explains it.</summary>
    public string? Type { get; init; }

    /// <summary>The end of <see cref="Type"/>, to decide by: one of <see cref="ProblemSlugs"/>, or one that is newer.</summary>
    [JsonIgnore]
    public string? Slug => Type?[(Type.LastIndexOf('/') + 1)..];

    /// <summary>What kind of problem it is, in words.</summary>
    public string? Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public int? Status { get; init; }

    /// <summary>What is particular about this occurrence.</summary>
    public string? Detail { get; init; }

    /// <summary>What an operator finds the request by.</summary>
    public string? TraceId { get; init; }

    /// <summary>With <see cref="ProblemSlugs.InvalidRequest"/>: what is wrong, by parameter.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors { get; init; }

    /// <summary>With <see cref="ProblemSlugs.Unauthenticated"/>: the path at which a person signs in with a browser, where there is one.</summary>
    public string? Login { get; init; }

    /// <summary>All of it in a line.</summary>
    public override string ToString()
    {
        var errors = Errors?.Select(error => $"{error.Key}: {string.Join(' ', error.Value)}") ?? [];
        return string.Join(' ', [$"{Slug}: {Title}.", .. Detail is null ? [] : new[] { Detail }, .. errors, $"(trace id {TraceId})"]);
    }
}

/// <summary>The problems that the gateway can answer a read with: the values of <see cref="NclueGatewayProblem.Slug"/>.</summary>
public static class ProblemSlugs
{
    /// <summary>400: index or limit is out of range; see <see cref="NclueGatewayProblem.Errors"/>.</summary>
    public const string InvalidRequest = "invalid-request";

    /// <summary>401: there is no token, or it is not accepted.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>403: the token is good, but does not grant the permission.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>404: the base address is not that of the gateway.</summary>
    public const string NotFound = "not-found";

    /// <summary>406: something has changed the header <c>Accept</c> on its way.</summary>
    public const string NotAcceptable = "not-acceptable";

    /// <summary>429: this caller asks too often.</summary>
    public const string CallerQuota = "caller-quota";

    /// <summary>500: the gateway has failed.</summary>
    public const string InternalError = "internal-error";

    /// <summary>502: NCLUE refuses the gateway's key.</summary>
    public const string UpstreamCredentials = "upstream-credentials";

    /// <summary>502: NCLUE sent an answer that cannot be read.</summary>
    public const string UpstreamMalformed = "upstream-malformed";

    /// <summary>502: NCLUE has failed.</summary>
    public const string UpstreamError = "upstream-error";

    /// <summary>503: it is not this request's turn yet.</summary>
    public const string UpstreamBusy = "upstream-busy";

    /// <summary>503: the account's quota at NCLUE is used up.</summary>
    public const string UpstreamQuota = "upstream-quota";

    /// <summary>503: this replica of the gateway stops; others do not.</summary>
    public const string Draining = "draining";

    /// <summary>504: NCLUE did not answer in time.</summary>
    public const string UpstreamTimeout = "upstream-timeout";
}
