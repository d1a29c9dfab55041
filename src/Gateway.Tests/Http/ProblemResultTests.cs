using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Microsoft.AspNetCore.Http;
using NclueGateway.Http;

namespace NclueGateway.Tests.Http;

public sealed class ProblemResultTests
{
    [Fact]
    public async Task A_problem_has_exactly_the_members_that_were_given()
    {
        var (_, bare) = await WriteAsync(new(UpstreamProblems.UpstreamBusy));
        bare.Select(member => member.Key).ShouldBe(["type", "title", "status", "traceId"]);

        var (_, full) = await WriteAsync(new(HttpProblems.InvalidRequest)
        {
            Detail = "Two parameters are wrong.",
            Errors = new Dictionary<string, string[]>
            {
                ["limit"] = ["It must not be repeated.", "It must be a number."],
                ["x"] = ["There is no such parameter."],
            },
        });
        full.ToJsonString().ShouldBe(
            """{"type":"/problems/invalid-request","title":"The request is not valid","status":400,"detail":"Two parameters """
            + """are wrong.","traceId":"connection:1","errors":{"limit":["It must not be repeated.","It must be a number."],"""
            + """ "x":["There is no such parameter."]}}""".TrimStart());
    }

    [Fact]
    public async Task The_headers_keep_caches_and_sniffers_away()
    {
        var (context, _) = await WriteAsync(new(HttpProblems.NotFound), before: context => context.Response.Headers.ETag = "\"tag\"");

        context.Response.StatusCode.ShouldBe(404);
        context.Response.ContentType.ShouldBe("application/problem+json");
        context.Response.Headers.CacheControl.ToString().ShouldBe("no-store");
        context.Response.Headers.XContentTypeOptions.ToString().ShouldBe("nosniff");
        context.Response.Headers.ETag.ToString().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0, "1")]
    [InlineData(-5, "1")]
    [InlineData(0.2, "1")]
    [InlineData(1, "1")]
    [InlineData(1.001, "2")]
    [InlineData(900, "900")]
    public async Task Retry_After_is_whole_seconds_rounded_up(double seconds, string header)
    {
        var (context, _) = await WriteAsync(new(AccessProblems.CallerQuota) { RetryAfter = TimeSpan.FromSeconds(seconds) });

        context.Response.Headers.RetryAfter.ToString().ShouldBe(header);
    }

    [Fact]
    public async Task Without_a_time_to_wait_there_is_no_Retry_After()
    {
        var (context, _) = await WriteAsync(new(AccessProblems.CallerQuota));

        context.Response.Headers.RetryAfter.Count.ShouldBe(0);
    }

    [Fact]
    public async Task The_type_lies_below_the_path_base()
    {
        var (_, body) = await WriteAsync(new(HttpProblems.NotFound), before: context => context.Request.PathBase = "/team é");

        body["type"]!.GetValue<string>().ShouldBe("/team%20%C3%A9/problems/not-found");
    }

    [Fact]
    public async Task The_trace_id_is_that_of_the_trace_under_way()
    {
        using var activity = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();

        var (_, body) = await WriteAsync(new(HttpProblems.InternalError));

        body["traceId"]!.GetValue<string>().ShouldBe(activity.TraceId.ToHexString());
    }

    [Fact]
    public void Any_parameter_name_becomes_good_JSON_of_bounded_size()
    {
        // Includes lone surrogates, control characters, quotes and names that are equal after they are cut.
        var name = Gen.Char.Array[0, 200].Select(characters => new string(characters));
        Gen.Dictionary(name, Gen.Const(new[] { "There is no such parameter." }))[0, 60].Sample(errors =>
        {
            var (_, body) = WriteAsync(new(HttpProblems.InvalidRequest) { Errors = errors }).GetAwaiter().GetResult();

            var named = body["errors"]!.AsObject();
            named.Count.ShouldBeLessThanOrEqualTo(ProblemResult.MaxNames);
            named.ShouldAllBe(member => member.Key.Length <= ProblemResult.MaxNameLength + 1);
        });
    }

    [Fact]
    public async Task A_long_name_is_cut_between_characters_and_shown_once()
    {
        var start = new string('a', ProblemResult.MaxNameLength - 1);

        var (_, body) = await WriteAsync(new(HttpProblems.InvalidRequest)
        {
            Errors = new Dictionary<string, string[]> { [start + "😀1"] = ["x"], [start + "😀2"] = ["x"] },
        });

        body["errors"]!.AsObject().Select(member => member.Key).ShouldBe([start + "…"]);
    }

    [Fact]
    public async Task A_name_cannot_break_out_of_the_JSON_or_into_a_page()
    {
        var (context, body) = await WriteAsync(new(HttpProblems.InvalidRequest)
        {
            Errors = new Dictionary<string, string[]> { ["\"}</script><b>\r\n"] = ["x"] },
        });

        body["errors"]!.AsObject().ShouldHaveSingleItem().Key.ShouldBe("\"}</script><b>\r\n");
        Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()).ShouldNotContain("<");
    }

    private static async Task<(HttpContext Context, JsonObject Body)> WriteAsync(ProblemResult response, Action<HttpContext>? before = null)
    {
        var context = new DefaultHttpContext { TraceIdentifier = "connection:1" };
        context.Response.Body = new MemoryStream();
        before?.Invoke(context);
        await response.ExecuteAsync(context);

        var bytes = ((MemoryStream)context.Response.Body).ToArray();
        context.Response.ContentLength.ShouldBe(bytes.Length);
        return (context, JsonNode.Parse(bytes)!.AsObject());
    }
}
