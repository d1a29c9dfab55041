using System.Text.Json;
using System.Text.Json.Nodes;
using NclueGateway.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http.OpenApi;

/// <summary>Examples in the description of the API.</summary>
public sealed class OpenApiExampleTests
{
    private static readonly JsonObject Document = PublishedContract.Document;

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Responses =>
        Document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject())
            .SelectMany(operation => operation.Value!["responses"]!.AsObject());

    [Fact]
    public void Every_example_follows_its_own_schema()
    {
        var bodies = Responses.SelectMany(response => response.Value!["content"]?.AsObject() ?? [])
            .SelectMany(content => (content.Value!["examples"]?.AsObject() ?? [])
                .Select(example => (Schema: content.Value["schema"]!, Value: example.Value!["value"]!)));
        var headers = Responses.SelectMany(response => response.Value!["headers"]?.AsObject() ?? [])
            .SelectMany(header => header.Value!["schema"]!["examples"]!.AsArray()
                .Select(example => (Schema: header.Value["schema"]!, Value: example!)));
        var examples = bodies.Concat(headers).ToList();

        examples.Count.ShouldBeGreaterThan(40);
        examples.SelectMany(
            example => PublishedContract.Invalid(example.Schema, JsonSerializer.SerializeToElement(example.Value)))
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_examples_show_a_completed_a_running_and_a_failed_run_and_the_end_of_the_list()
    {
        var examples = Document["paths"]!["/api/task-runs"]!["get"]!["responses"]!["200"]!["content"]!["application/json"]!["examples"]!;

        examples["runs"]!["value"]!["runs"]!.AsArray().Select(run => (string)run!["status"]!)
            .ShouldBe(["completed", "in_progress", "failed"]);
        examples["end"]!["value"]!["runs"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public void Each_problem_is_an_example_of_its_status()
    {
        foreach (var (status, response) in Responses.Where(response => response.Key[0] is '4' or '5'))
        {
            foreach (var (slug, example) in response!["content"]?["application/problem+json"]!["examples"]!.AsObject() ?? [])
            {
                ((string)example!["value"]!["type"]!, example["value"]!["status"]!.ToString()).ShouldBe(("/problems/" + slug, status));
                ProblemTypes.Find(slug)!.Status.ToString().ShouldBe(status);
            }
        }
    }
}
