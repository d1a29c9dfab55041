using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Http;

namespace NclueGateway.Tests.Http;

/// <summary>Assertions for every response with a problem.</summary>
internal static class ProblemReading
{
    private static readonly string[] Members = ["type", "title", "status", "detail", "traceId", "login", "errors"];

    /// <summary>Checks the headers and the members of a problem response, and returns its body.</summary>
    public static async Task<JsonObject> ShouldBeProblemAsync(
        this HttpResponseMessage response, ProblemType problem, HttpStatusCode? status = null)
    {
        var expected = status ?? (HttpStatusCode)problem.Status;
        response.StatusCode.ShouldBe(expected);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/problem+json");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);

        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        response.Content.Headers.ContentLength.ShouldBe(bytes.Length);
        var body = JsonNode.Parse(bytes)!.AsObject();
        body.Select(member => member.Key).ShouldBeSubsetOf(Members);
        body["type"]!.GetValue<string>().ShouldEndWith("/problems/" + problem.Slug);
        body["title"]!.GetValue<string>().ShouldBe(problem.Title);
        body["status"]!.GetValue<int>().ShouldBe((int)expected);
        body["traceId"]!.GetValue<string>().ShouldMatch("^[0-9a-f]{32}$");
        return body;
    }

    public static string Challenge(this HttpResponseMessage response) =>
        response.Headers.GetValues("WWW-Authenticate").ShouldHaveSingleItem();
}
