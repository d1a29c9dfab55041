using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;

namespace NclueGateway.Http.OpenApi;

/// <summary>The body of an error response (RFC 9457).</summary>
/// <remarks>Used for the API's description only: <see cref="ProblemResult"/> writes the body.</remarks>
internal sealed record ProblemResponse
{
    private const string MediaType = "application/problem+json";

    private static readonly ApiHeader NoStore = new("Cache-Control", "Must not be stored by any cache.", "no-store");

    private static readonly ApiHeader RetryAfter = new("Retry-After", "Seconds to wait before the next attempt.", 2);

    private static readonly ApiHeader TokenRefused = new(
        "WWW-Authenticate", "The reason why the token was rejected (RFC 6750); only `Bearer` if the request had none.",
        "Bearer error=\"invalid_token\", error_description=\"The token has expired\"");

    private static readonly ApiHeader ScopeMissing = new(
        "WWW-Authenticate", "For a request with a token: the missing scope (RFC 6750).",
        "Bearer error=\"insufficient_scope\", scope=\"task-runs:read\"", IsRequired: false);

    /// <summary>The problem type: the address of the gateway's page that explains it. Decide by its last segment.</summary>
    public required PathString Type { get; init; }

    /// <summary>The summary of the problem type, the same in every response.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    [Range(400, 599)]
    public required int Status { get; init; }

    /// <summary>The explanation of this occurrence.</summary>
    public string Detail { get; init; } = "";

    /// <summary>The id by which an operator finds the request.</summary>
    public required string TraceId { get; init; }

    /// <summary>Only with unauthenticated, and if browser sign-in is on: the path at which a user signs in.</summary>
    public PathString Login { get; init; }

    /// <summary>With invalid-request: the errors by parameter name.</summary>
    public IReadOnlyDictionary<string, string[]> Errors { get; init; } = new Dictionary<string, string[]>();

    /// <summary>With list-incomplete: the number of runs that are known.</summary>
    public int Runs { get; init; }

    /// <summary>With list-incomplete: the number of runs of the list; null while it is not known.</summary>
    public long? ExpectedTotal { get; init; }

    /// <summary>Returns one response description for each status of an endpoint's problems.</summary>
    /// <param name="problems">All problems of the endpoint.</param>
    /// <param name="hasBody">False for HEAD.</param>
    /// <param name="pages">The statuses that browsers receive as an HTML page.</param>
    /// <param name="authenticated">Optional headers of responses to authenticated callers.</param>
    /// <param name="further">A further header of responses with a status.</param>
    public static object[] For(
        IEnumerable<ProblemType> problems,
        bool hasBody = true,
        int[]? pages = null,
        IEnumerable<ApiHeader>? authenticated = null,
        IReadOnlyDictionary<int, ApiHeader>? further = null)
    {
        var optional = (authenticated ?? []).Select(header => header with { IsRequired = false }).ToList();
        return [.. problems.GroupBy(problem => problem.Status).Select(group => new ApiResponse(
            group.Key,
            string.Join(' ', group.Select(problem => $"[{problem.Slug}]({problem.Path}): {problem.Title}.")),
            hasBody ? typeof(ProblemResponse) : null)
        {
            ContentTypes = !hasBody ? [] : pages?.Contains(group.Key) == true ? [MediaType, "text/html"] : [MediaType],
            Headers =
            [
                NoStore,
                .. HeadersOf(group.Key),
                .. further is not null && further.TryGetValue(group.Key, out var own) ? [own] : Array.Empty<ApiHeader>(),
                .. group.Key == StatusCodes.Status401Unauthorized ? [] : optional,
            ],
            Examples = [.. group.Select(Example)],
        })];
    }

    private static ApiHeader[] HeadersOf(int status) => status switch
    {
        401 => [TokenRefused],
        403 => [ScopeMissing],
        429 or 503 => [RetryAfter],
        _ => [],
    };

    private static ApiExample Example(ProblemType problem)
    {
        var body = new JsonObject
        {
            ["type"] = problem.Path,
            ["title"] = problem.Title,
            ["status"] = problem.Status,
            ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        };
        if (problem == HttpProblems.InvalidRequest)
        {
            body["errors"] = new JsonObject { ["limit"] = new JsonArray("It must be a whole number from 1 to 100, in digits only.") };
        }

        if (problem == SnapshotProblems.ListIncomplete)
        {
            (body["runs"], body["expectedTotal"]) = (1_200, 2_000);
        }

        return new(problem.Slug, problem.Title, body);
    }
}
