using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.OpenApi;
using NclueGateway.Http;
using NclueGateway.TaskRuns;
using NclueGateway.Tests.Access;
using NclueGateway.Tests.TaskRuns;

namespace NclueGateway.Tests.Http.OpenApi;

/// <summary>The description of the API, as a program reads it.</summary>
public sealed class OpenApiDocumentTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private AccessHost _host = null!;
    private JsonNode _document = null!;

    private JsonNode Get => _document["paths"]![AccessHost.Protected]!["get"]!;

    private JsonNode Head => _document["paths"]![AccessHost.Protected]!["head"]!;

    private JsonObject Schemas => _document["components"]!["schemas"]!.AsObject();

    public async ValueTask InitializeAsync()
    {
        _host = await AccessHost.StartAsync();
        _document = JsonNode.Parse(await _host.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative)))!;
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public void The_document_is_OpenAPI_3_1_without_a_mistake()
    {
        ((string)_document["openapi"]!).ShouldStartWith("3.1.");

        var result = OpenApiDocument.Parse(_document.ToJsonString(), "json");

        result.Diagnostic!.Errors.ShouldBeEmpty();
        result.Diagnostic.Warnings.ShouldBeEmpty();
        result.Document!.Info.Title.ShouldBe("NclueGateway");
        result.Document.Info.License!.Identifier.ShouldBe("MIT");
        result.Document.Servers!.ShouldHaveSingleItem().Url.ShouldBe("/");
    }

    [Fact]
    public void It_describes_the_list_and_nothing_else()
    {
        _document["paths"]!.AsObject().Select(path => path.Key).ShouldBe([AccessHost.Protected]);
        _document["paths"]![AccessHost.Protected]!.AsObject().Select(operation => operation.Key).ShouldBe(["get", "head"]);
        ((string)Get["operationId"]!).ShouldBe("listTaskRuns");
        ((string)Head["operationId"]!).ShouldBe("headTaskRuns");
    }

    [Fact]
    public void Both_operations_want_a_bearer_token()
    {
        _document["components"]!["securitySchemes"]!.AsObject().ShouldHaveSingleItem().Key.ShouldBe("bearer");
        var scheme = _document["components"]!["securitySchemes"]!["bearer"]!;
        ((string)scheme["type"]!, (string)scheme["scheme"]!, (string)scheme["bearerFormat"]!).ShouldBe(("http", "bearer", "JWT"));
        Get["security"]!.ToJsonString().ShouldBe("""[{"bearer":[]}]""");
        Head["security"]!.ToJsonString().ShouldBe("""[{"bearer":[]}]""");
    }

    [Fact]
    public void Parameters_have_their_bounds_and_defaults()
    {
        Head["parameters"]!.ToJsonString().ShouldBe(Get["parameters"]!.ToJsonString());
        var parameters = Get["parameters"]!.AsArray();
        parameters.Select(p => ((string)p!["in"]!, (string)p["name"]!))
            .ShouldBe([("query", "index"), ("query", "limit"), ("header", "If-None-Match")]);
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
    public void Every_response_has_its_headers()
    {
        foreach (var operation in new[] { Get, Head })
        {
            var responses = operation["responses"]!.AsObject();
            responses.Select(response => $"{response.Key}: {string.Join(", ", HeadersOf(response.Value!))}").ShouldBe(
            [
                "200: ETag, Age, Cache-Control, Cache-Status, Vary, Link, RateLimit-Policy, RateLimit",
                "304: ETag, Age, Cache-Control, Cache-Status, Vary, Link, RateLimit-Policy, RateLimit",
                "400: ",
                "401: WWW-Authenticate",
                "403: WWW-Authenticate",
                "406: ",
                "429: Retry-After",
                "500: ",
                "502: ",
                "503: Retry-After",
                "504: ",
            ]);
        }

        static string[] HeadersOf(JsonNode response) => response["headers"]?.AsObject().Select(header => header.Key).ToArray() ?? [];
    }

    [Fact]
    public void Answers_to_GET_have_bodies_and_answers_to_HEAD_and_a_304_have_none()
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
    public void Every_property_of_an_answer_is_required_and_no_other_is_allowed()
    {
        foreach (var (name, schema) in Schemas.Where(schema => schema.Key != "Problem"))
        {
            var properties = schema!["properties"]!.AsObject().Select(property => property.Key);
            schema["required"]!.AsArray().Select(required => (string)required!).ShouldBe(properties, ignoreOrder: true, name);
            ((bool)schema["additionalProperties"]!).ShouldBeFalse(name);
        }
    }

    [Fact]
    public void Null_is_allowed_where_something_may_be_missing_and_nowhere_else()
    {
        var never = Schemas.Where(schema => schema.Key != "Problem").SelectMany(schema => schema.Value!["properties"]!.AsObject()
            .Where(property => !MayBeNull(property.Value!))
            .Select(property => $"{schema.Key}.{property.Key}"));

        never.ShouldBe(
            [
                "TaskRunPage.index", "TaskRunPage.limit", "TaskRunPage.runs",
                "TaskRun.id", "TaskRun.status", "TaskRun.task", "TaskRun.feature",
                "TaskRunModel.status", "TaskRunFailure.message", "TaskRunFailure.help",
            ],
            ignoreOrder: true);

        static bool MayBeNull(JsonNode schema) =>
            (schema["type"] is JsonArray types && types.Any(type => (string)type! == "null"))
            || (schema["oneOf"] is JsonArray choices && choices.Any(choice => (string?)choice!["type"] == "null"));
    }

    [Fact]
    public void The_words_of_a_status_are_those_the_gateway_writes()
    {
        Words("TaskRun").ShouldBe(["registered", "pending", "in_progress", "completed", "failed", "unknown"]);
        Words("TaskRunModel").ShouldBe(["active", "deprecated", "unknown"]);
        Words("TaskRun").ShouldAllBe(word => TaskRunStatus.OfRun(word) == word);
        Words("TaskRunModel").ShouldAllBe(word => TaskRunStatus.OfModel(word) == word);

        string[] Words(string schema) => [.. Schemas[schema]!["properties"]!["status"]!["enum"]!.AsArray().Select(word => (string)word!)];
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"status\":\"complete\",\"result_bucket\":\"b\",\"nclue_model_status\":\"active\",\"line_count\":5")]
    [InlineData("\"status\":\"failed\",\"fail_message\":\"OBS_UPLOAD_FAILED\",\"created_at\":\"2024-11-22T08:54:46\"")]
    [InlineData("\"status\":\"failed\",\"fail_message\":\"something new\"")]
    public void What_the_gateway_writes_is_what_the_contract_describes(string fields)
    {
        var row = Normalizing.Row(fields);

        var run = JsonSerializer.Deserialize<TaskRunContract.TaskRun>(row, Strict);

        JsonSerializer.SerializeToNode(run, Strict)!.AsObject().Select(property => property.Key)
            .ShouldBe(JsonNode.Parse(row)!.AsObject().Select(property => property.Key));
    }

    [Fact]
    public void The_examples_of_a_page_follow_the_contract()
    {
        var examples = Get["responses"]!["200"]!["content"]!["application/json"]!["examples"]!.AsObject();

        var pages = examples.Select(example => example.Value!["value"].Deserialize<TaskRunContract.TaskRunPage>(Strict)!).ToList();

        pages.Count.ShouldBe(2);
        pages[0].Runs.Select(run => run.Status).ShouldBe(
            [TaskRunContract.TaskRunStatus.Completed, TaskRunContract.TaskRunStatus.InProgress, TaskRunContract.TaskRunStatus.Failed]);
        pages[1].Runs.ShouldBeEmpty();
    }

    [Fact]
    public void The_examples_of_problems_are_the_problems_of_that_status()
    {
        foreach (var (status, response) in Get["responses"]!.AsObject().Where(response => int.Parse(response.Key) >= 400))
        {
            var examples = response!["content"]!["application/problem+json"]!["examples"]!.AsObject();
            examples.Select(example => example.Key).ShouldBe(Problems.All.Where(p => p.Status == int.Parse(status)).Select(p => p.Slug));
            foreach (var (slug, example) in examples)
            {
                var value = example!["value"]!;
                ((string)value["type"]!, (int)value["status"]!).ShouldBe(("/problems/" + slug, int.Parse(status)));
                Schemas["Problem"]!["required"]!.AsArray().Select(member => (string)member!)
                    .ShouldBeSubsetOf(value.AsObject().Select(member => member.Key));
            }
        }
    }

    [Theory]
    [InlineData("/openapi/v2.json")]
    [InlineData("/openapi/.json")]
    [InlineData("/openapi/v1.yaml")]
    public async Task There_is_one_document(string path)
    {
        using var response = await _host.SendAsync(HttpMethod.Get, path);

        await response.ShouldBeProblemAsync(Problems.NotFound);
    }

    [Fact]
    public async Task HEAD_gives_the_length_of_the_document()
    {
        using var response = await _host.SendAsync(HttpMethod.Head, "/openapi/v1.json");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength!.Value.ShouldBeGreaterThan(1_000);
    }
}
