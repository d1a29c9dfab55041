using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using NclueGateway.Access.Callers;
using NclueGateway.Http;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Normalizing;

namespace NclueGateway.Tests.Http.OpenApi;

/// <summary>The description of the API, as a program reads it.</summary>
public sealed class OpenApiDocumentTests
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private static readonly JsonObject Document = PublishedContract.Document;

    private static readonly JsonNode Get = Document["paths"]!["/api/task-runs"]!["get"]!;

    private static readonly JsonNode Head = Document["paths"]!["/api/task-runs"]!["head"]!;

    private static readonly JsonObject Schemas = Document["components"]!["schemas"]!.AsObject();

    private static readonly Uri DocumentAddress = new("/openapi/v1.json", UriKind.Relative);

    /// <summary>The schemas of successful responses.</summary>
    private static IEnumerable<KeyValuePair<string, JsonNode?>> SuccessSchemas =>
        Schemas.Where(schema => schema.Key != "Problem" && schema.Value!["properties"] is not null);

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Responses =>
        Document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject())
            .SelectMany(operation => operation.Value!["responses"]!.AsObject());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void The_document_is_OpenAPI_3_1_without_a_mistake()
    {
        ((string)Document["openapi"]!).ShouldStartWith("3.1.");

        var result = OpenApiDocument.Parse(Document.ToJsonString(), "json");

        result.Diagnostic!.Errors.ShouldBeEmpty();
        result.Diagnostic.Warnings.ShouldBeEmpty();
        result.Document!.Info.Title.ShouldBe("NclueGateway");
        result.Document.Info.License!.Identifier.ShouldBe("MIT");
        result.Document.Servers!.ShouldHaveSingleItem().Url.ShouldBe("/");
    }

    /// <summary>Other teams build on the committed description, and all tests check responses against it.</summary>
    [Fact]
    public async Task What_is_served_is_what_is_committed()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();

        await CommittedDocument.ShouldBeCommittedAsync(await anonymous.GetStringAsync(DocumentAddress, Ct), "openapi/v1.json");
    }

    [Fact]
    public async Task It_is_the_same_with_browser_sign_in()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var session = await SessionHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();
        using var signingIn = session.CreateAnonymousClient();

        (await signingIn.GetStringAsync(DocumentAddress, Ct)).ShouldBe(await anonymous.GetStringAsync(DocumentAddress, Ct));
    }

    [Fact]
    public async Task It_may_be_kept_for_an_hour_and_then_costs_no_body()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();

        using var first = await anonymous.GetAsync(DocumentAddress, Ct);
        using var again = new HttpRequestMessage(HttpMethod.Get, DocumentAddress) { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        using var same = await anonymous.SendAsync(again, Ct);
        using var other = new HttpRequestMessage(HttpMethod.Get, DocumentAddress) { Headers = { IfNoneMatch = { new("\"other\"") } } };
        using var changed = await anonymous.SendAsync(other, Ct);

        first.Content.Headers.ContentType!.ToString().ShouldBe("application/json; charset=utf-8");
        first.Headers.CacheControl!.ToString().ShouldBe("public, max-age=3600");
        first.Headers.ETag!.IsWeak.ShouldBeFalse();
        same.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        same.Headers.CacheControl!.ToString().ShouldBe("public, max-age=3600");
        (await same.Content.ReadAsByteArrayAsync(Ct)).ShouldBeEmpty();
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Every route is in the description, or in the list below with the reason.</summary>
    [Fact]
    public async Task Every_route_is_described_unless_it_is_none_of_the_API()
    {
        await using var session = await SessionHost.StartAsync();
        var routes = session.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<OptionalAuthentication>() is null) // wrong paths and methods
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Select(
                method => $"{method} {Address(endpoint)}") ?? [$"* {Address(endpoint)}"]).ToList();
        var described = Document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(
            operation => $"{operation.Key.ToUpperInvariant()} {path.Key}")).ToList();

        routes.Except(described).ShouldBe(
            [
                "GET /problems", "HEAD /problems", "GET /problems/{slug}", "HEAD /problems/{slug}", // pages for people
                "GET /openapi/v1.json", "HEAD /openapi/v1.json", // the description itself
                "GET /console", "HEAD /console", "GET /console/runs/{id}", "HEAD /console/runs/{id}",
                "GET /console/gateway", "HEAD /console/gateway", "GET /console/signed-out", "HEAD /console/signed-out",
                "POST /pages/language", "GET /pages/page.css", "HEAD /pages/page.css", "GET /pages/console.js", "HEAD /pages/console.js",
                // A page and its files.
                "GET /", "HEAD /", "GET /swagger/gateway.js", "GET /swagger/gateway.css", "* /swagger/{**path}",
                "* /health/live", "* /health/ready", "* /health", "* /metrics", // for probes and operators
                "POST /session/backchannel-logout", // for the identity provider (OpenID Connect Back-Channel Logout 1.0)
                "* /session/callback", // where it sends the browser back to
            ],
            ignoreOrder: true);
        described.Except(routes).ShouldBeEmpty();

        static string Address(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
    }

    [Fact]
    public void The_list_wants_a_token_or_a_session_and_the_session_only_a_session()
    {
        Get["security"]!.ToJsonString().ShouldBe("""[{"bearer":[]},{"session":[]}]""");
        Head["security"]!.ToJsonString().ShouldBe("""[{"bearer":[]},{"session":[]}]""");
        Document["paths"]!["/session"]!["get"]!["security"]!.ToJsonString().ShouldBe("""[{"session":[]}]""");
        Document["paths"]!["/session/login"]!["get"]!["security"]!.ToJsonString().ShouldBe("[]");
        Document["components"]!["securitySchemes"]!["session"]!["name"]!.ToJsonString().ShouldBe("\"__Host-nclue-session\"");
    }

    [Fact]
    public void Parameters_have_their_bounds_and_defaults()
    {
        Head["parameters"]!.ToJsonString().ShouldBe(Get["parameters"]!.ToJsonString());
        var parameters = Get["parameters"]!.AsArray();
        parameters.Select(p => ((string)p!["in"]!, (string)p["name"]!))
            .ShouldBe(
                [
                    .. new[]
                    {
                        "index", "limit", "status", "taskId", "featureId", "model", "modelStatus", "failureCode", "createdAfter",
                        "createdBefore", "completedAfter", "completedBefore", "q", "partial", "sort", "cursor",
                    }.Select(name => ("query", name)),
                    ("header", "If-None-Match"), ("header", "If-Match"), ("header", "X-CSRF"),
                ]);
        parameters.ShouldAllBe(p => p!["required"] == null && ((string)p["description"]!).Length > 0);
        Bounds(0).ShouldBe((0, 10_000_000, 0));
        Bounds(1).ShouldBe((1, 100, 20));

        (int Least, int Most, int Default) Bounds(int parameter)
        {
            var schema = parameters[parameter]!["schema"]!;
            ((string)schema["type"]!).ShouldBe("integer");
            return ((int)schema["minimum"]!, (int)schema["maximum"]!, (int)schema["default"]!);
        }
    }

    [Fact]
    public void Responses_to_GET_have_bodies_and_responses_to_HEAD_and_a_304_have_none()
    {
        Head["responses"]!.AsObject().ShouldAllBe(response => response.Value!["content"] == null);
        foreach (var (status, response) in Get["responses"]!.AsObject())
        {
            var content = response!["content"]?.AsObject().ShouldHaveSingleItem();
            var described = (content?.Key, (string?)content?.Value!["schema"]!["$ref"]);
            described.ShouldBe(status switch
            {
                "200" => ("application/json", "#/components/schemas/TaskRunPage"),
                "304" => (null, null),
                _ => ("application/problem+json", "#/components/schemas/Problem"),
            });
        }
    }

    [Fact]
    public void Every_property_of_a_response_is_required_and_others_may_come()
    {
        foreach (var (name, schema) in SuccessSchemas)
        {
            var properties = schema!["properties"]!.AsObject().Select(property => property.Key);
            string[] optional = name == "TaskRunPage" ? ["complete"] : name == "TaskRunSummary" ? ["created"] : []; // only of some queries
            schema["required"]!.AsArray().Select(required => (string)required!)
                .ShouldBe(properties.Except(optional), ignoreOrder: true, name);
            schema["additionalProperties"].ShouldBeNull(name);
        }
    }

    [Fact]
    public void Null_is_allowed_where_something_may_be_missing_and_nowhere_else()
    {
        var never = SuccessSchemas.SelectMany(schema => schema.Value!["properties"]!.AsObject()
            .Where(property => !MayBeNull(property.Value!))
            .Select(property => $"{schema.Key}.{property.Key}"));

        never.ShouldBe(
            [
                "TaskRunPage.index", "TaskRunPage.limit", "TaskRunPage.complete", "TaskRunPage.runs",
                "TaskRunSummary.total", "TaskRunSummary.complete", "TaskRunSummary.byStatus", "TaskRunSummary.byTask",
                "TaskRunSummary.byTaskOmitted", "TaskRunSummary.byFeature", "TaskRunSummary.byFeatureOmitted", "TaskRunSummary.byModel",
                "TaskRunSummary.byModelOmitted", "TaskRunSummary.byFailureCode", "TaskRunSummary.byFailureCodeOmitted",
                "StatusCounts.registered", "StatusCounts.pending", "StatusCounts.in_progress", "StatusCounts.completed",
                "StatusCounts.failed", "StatusCounts.unknown", "ReferenceCount.total", "ReferenceCount.failed",
                "ModelCount.name", "ModelCount.total", "ModelCount.failed", "FailureCount.code", "FailureCount.total",
                "FailureCount.failed", "OmittedCount.entries", "OmittedCount.runs", "OmittedCount.failed", "OldestRun.id",
                "DurationSummary.p50", "DurationSummary.p95", "DurationSummary.max", "CreatedCount.from", "CreatedCount.completed",
                "CreatedCount.failed", "CreatedCount.other",
                "Changes.total", "Changes.complete", "Changes.changes", "Change.type", "Change.id",
                "Bookmark.asOf", "Bookmark.total", "Bookmark.complete", "Progress.runs", "StreamEnd.reason",
                "GatewayStatus.upstream", "GatewayStatus.pausedForSeconds", "GatewayStatus.departures", "GatewayStatus.snapshot",
                "GatewayStatus.streams", "GatewayStatus.replicas", "GatewayStatus.redis",
                "DepartureCounts.mostPerMinute", "DepartureCounts.perMinute",
                "SnapshotOverview.state", "SnapshotOverview.runs", "SnapshotOverview.order",
                "TaskRun.id", "TaskRun.status", "TaskRun.task", "TaskRun.feature",
                "TaskRunModel.status", "TaskRunFailure.message", "TaskRunFailure.help",
                "Session.subject", "Session.permissions", "Session.idleExpiresAt", "Session.absoluteExpiresAt",
            ],
            ignoreOrder: true);

        static bool MayBeNull(JsonNode schema) =>
            (schema["type"] is JsonArray types && types.Any(type => (string)type! == "null"))
            || (schema["oneOf"] is JsonArray choices && choices.Any(choice => (string?)choice!["type"] == "null"));
    }

    /// <summary>Generators such as orval treat the first type as the only one.</summary>
    [Fact]
    public void Null_is_the_last_of_several_types_everywhere()
    {
        var text = Document.ToJsonString();

        text.ShouldContain("\"type\":[\"string\",\"null\"]");
        text.ShouldNotContain("[\"null\",");
    }

    [Fact]
    public void The_words_of_a_status_are_those_the_gateway_writes()
    {
        Words("TaskRunStatus").ShouldBe(["registered", "pending", "in_progress", "completed", "failed", "unknown"]);
        Words("ModelStatus").ShouldBe(["active", "deprecated", "unknown"]);
        Words("TaskRunStatus").Select(word => (string?)Written("status", word)["status"]).ShouldBe(Words("TaskRunStatus"));
        Words("ModelStatus").Select(word => (string?)Written("nclue_model_status", word)["model"]!["status"])
            .ShouldBe(Words("ModelStatus"));

        static JsonNode Written(string field, string word) => JsonNode.Parse(NormalizerInputs.Row($"\"{field}\":\"{word}\""))!;

        string[] Words(string schema) => [.. Schemas[schema]!["enum"]!.AsArray().Select(word => (string)word!)];
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"status\":\"complete\",\"result_bucket\":\"b\",\"nclue_model_status\":\"active\",\"line_count\":5")]
    [InlineData("\"status\":\"failed\",\"fail_message\":\"OBS_UPLOAD_FAILED\",\"created_at\":\"2024-11-22T08:54:46\"")]
    [InlineData("\"status\":\"failed\",\"fail_message\":\"something new\"")]
    public void What_the_gateway_writes_is_what_the_contract_describes(string fields)
    {
        var row = NormalizerInputs.Row(fields);

        var run = JsonSerializer.Deserialize<TaskRunDtos.TaskRun>(row, Strict);

        JsonSerializer.SerializeToNode(run, Strict)!.AsObject().Select(property => property.Key)
            .ShouldBe(JsonNode.Parse(row)!.AsObject().Select(property => property.Key));
    }

    [Theory]
    [InlineData("/openapi/v2.json")]
    [InlineData("/openapi/.json")]
    [InlineData("/openapi/v1.yaml")]
    public async Task There_is_one_document(string path)
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var response = await gateway.Client.GetAsync(new Uri(path, UriKind.Relative), Ct);

        await response.ShouldBeProblemAsync(HttpProblems.NotFound);
    }

    [Fact]
    public async Task HEAD_gives_the_length_of_the_document()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, DocumentAddress);
        using var response = await gateway.Client.SendAsync(request, Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength!.Value.ShouldBeGreaterThan(1_000);
    }
}
