using System.Reflection;
using Microsoft.OpenApi;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.TaskRuns.Pages;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Describes the parameters of queries, and the operations on the whole list.</summary>
internal static class QueryOpenApi
{
    public const string RunDescription =
        "Returns the task run with an id, from the gateway's copy of the whole list. For an unknown id, the gateway reads the newest part "
        + "of NCLUE's list once more before it responds 404, so that a run is found right after its creation; `Age` of a 404 says how long "
        + "ago the list was read. `Age` of a 200 is the time since NCLUE last sent the run.";

    public const string SummaryDescription =
        "Counts the task runs that match a query, on the whole list: by status, task, feature, model and failure code. Each list holds the "
        + "100 largest entries; beside it stands what it does not show. With `per`, also the counts by time of creation.";

    /// <summary>The conditions on runs.</summary>
    public static IEnumerable<OpenApiParameter> Filters =>
    [
        ApiParameters.Repeatable("status", "Runs with any of these statuses.", QueryParser.Statuses.Keys),
        ApiParameters.Repeatable("taskId", "Runs of any of these tasks.", [], QueryParser.MaxIds),
        ApiParameters.Repeatable("featureId", "Runs on any of these features.", [], QueryParser.MaxIds),
        ApiParameters.Repeatable("model", "Runs of any of these models. NFM2 and NFM02 are the same; case does not matter.", []),
        ApiParameters.Repeatable("modelStatus", "Runs of models with any of these support statuses.", QueryParser.ModelStatuses.Keys),
        ApiParameters.Repeatable("failureCode", "Runs that failed for any of these reasons.", QueryParser.FailureCodes.Keys),
        ApiParameters.Time(
            "createdAfter", "Runs created at or after this time. A date is its midnight in the gateway's time zone, as in all times."),
        ApiParameters.Time("createdBefore", "Runs created before this time."),
        ApiParameters.Time("completedAfter", "Runs that ended at or after this time."),
        ApiParameters.Time("completedBefore", "Runs that ended before this time."),
        ApiParameters.Text(
            "q",
            "Words that must all occur in the run's id, name, task name, feature name or failure code. Case does not matter, and "
            + "composed and decomposed Hangul are the same.",
            QueryParser.MaxSearchLength),
        ApiParameters.Choice("partial", "Allows a response while the list is not complete yet.", QueryParser.Flags.Keys),
    ];

    /// <summary>The parameters of a query on the list.</summary>
    public static IEnumerable<OpenApiParameter> ListParameters =>
    [
        .. Filters,
        // Not a default of the schema: Swagger UI sends defaults, and sort alone makes a query of a request for a page of NCLUE's list.
        ApiParameters.Choice(
            "sort",
            "The order of a query's result, descending with a hyphen. Runs without the value come last; equal ones are sorted by id. "
            + $"The order of a query without it is {new SortValue(RunSort.Default.Key, RunSort.Default.IsDescending)}.",
            QueryParser.Sorts.Keys),
        ApiParameters.Text("cursor", "The position of a page, from the links `next` and `prev`. All other parameters stay the same."),
    ];

    private static readonly ApiHeader Link = new(
        "Link",
        "Links (RFC 8288): `collection` leads to the list, and `monitor` (RFC 5989) to the changes after the version of it that this "
        + "response is from.",
        "</api/task-runs>; rel=\"collection\", </api/task-runs/changes?since=1-7-0a1b2c3d>; rel=\"monitor\"");

    private static readonly ApiHeader[] Headers =
        [.. TaskRunOpenApi.PageHeaders.Select(header => header.Name == Link.Name ? Link : header)];

    public static void DescribeRun(this IEndpointConventionBuilder endpoint, MethodInfo handler, bool hasBody) => endpoint.Describe(() =>
    [
        .. Describe(
            handler,
            "The task run.",
            hasBody ? typeof(TaskRun) : null,
            [new("run", "A failed run", TaskRunExamples.Pages[0].Page.Runs[2])]),
        ApiParameters.Path(RunHandler.Id, "The run's id."),
        .. TaskRunOpenApi.RequestHeaders,
        .. ProblemResponse.For(
            [.. TaskRunOpenApi.Problems, HttpProblems.NotFound],
            hasBody,
            authenticated: TaskRunOpenApi.RateLimitHeaders,
            further: new Dictionary<int, ApiHeader>
            {
                [StatusCodes.Status404NotFound] = new("Age", "Seconds since the list was read that does not contain the run.", 1),
            }),
    ]);

    public static void DescribeSummary(this IEndpointConventionBuilder endpoint, MethodInfo handler, bool hasBody) =>
        endpoint.Describe(() =>
        [
            .. Describe(
                handler,
                "The counts.",
                hasBody ? typeof(SummaryDtos.TaskRunSummary) : null,
                [new("summary", "Counts by day", SummaryExample.Value)]),
            .. Filters,
            ApiParameters.Choice("per", "Adds counts by the hour or day of creation.", QueryParser.Units.Keys),
            .. TaskRunOpenApi.RequestHeaders,
            .. ProblemResponse.For(TaskRunOpenApi.Problems, hasBody, authenticated: TaskRunOpenApi.RateLimitHeaders),
        ]);

    private static object[] Describe(MethodInfo handler, string description, Type? body, ApiExample[] examples) =>
    [
        handler,
        TaskRunOpenApi.Tag,
        TaskRunOpenApi.Security,
        new ApiResponse(StatusCodes.Status200OK, description, body)
        {
            Headers = [.. Headers, TaskRunOpenApi.ContentEncoding],
            Examples = examples,
        },
        new ApiResponse(StatusCodes.Status304NotModified, "The caller's copy is still current.") { Headers = Headers },
    ];
}
