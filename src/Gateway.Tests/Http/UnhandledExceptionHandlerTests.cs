using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NclueGateway.Http;
using NclueGateway.Tests.Access;

namespace NclueGateway.Tests.Http;

/// <summary>The responses to unhandled exceptions, over HTTP.</summary>
public sealed class UnhandledExceptionHandlerTests
{
    [Fact]
    public async Task An_unhandled_exception_is_a_500_without_a_word_of_it_and_one_log_entry_with_the_trace_id()
    {
        await using var host = await StartAsync(app => app.MapGet("/test", string () => throw new InvalidOperationException("canary")));

        using var response = await host.SendAsync(HttpMethod.Get, "/test");

        var body = await response.ShouldBeProblemAsync(HttpProblems.InternalError);
        body.ToJsonString().ShouldNotContain("canary");
        body.ToJsonString().ShouldNotContain("Exception");
        var logged = host.Logs.GetSnapshot().Where(entry => entry.Level >= LogLevel.Warning).ShouldHaveSingleItem();
        logged.Message.ShouldContain(body["traceId"]!.GetValue<string>());
        logged.Exception!.Message.ShouldBe("canary");
    }

    [Fact]
    public async Task Headers_prepared_for_the_failed_response_are_removed()
    {
        await using var host = await StartAsync(app => app.MapGet("/test", string (HttpContext context) =>
        {
            context.Response.Headers.ETag = "\"tag\"";
            context.Response.Headers["Cache-Status"] = "nclue-gateway; hit";
            throw new InvalidOperationException();
        }));

        using var response = await host.SendAsync(HttpMethod.Get, "/test");

        await response.ShouldBeProblemAsync(HttpProblems.InternalError);
        response.Headers.ETag.ShouldBeNull();
        response.Headers.Contains("Cache-Status").ShouldBeFalse();
    }

    [Fact]
    public async Task A_caller_who_leaves_is_no_error()
    {
        using var entered = new SemaphoreSlim(0);
        await using var host = await StartAsync(app => app.MapGet("/test", async (HttpContext context) =>
        {
            entered.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }));
        using var leaving = new CancellationTokenSource();
        var request = host.Client.GetAsync(new Uri("/test", UriKind.Relative), leaving.Token);
        await entered.WaitAsync(TestContext.Current.CancellationToken);

        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(request);
        await WaitForAsync(host, entry => entry.Contains("499"));
        host.Logs.GetSnapshot().ShouldAllBe(entry => entry.Level < LogLevel.Warning);
    }

    [Fact]
    public async Task Whatever_is_thrown_after_the_caller_has_left_is_no_error_either()
    {
        using var entered = new SemaphoreSlim(0);
        await using var host = await StartAsync(app => app.MapGet("/test", async (HttpContext context) =>
        {
            entered.Release();
            var left = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(left.SetResult);
            await left.Task;
            throw new InvalidOperationException("nobody reads this");
        }));
        using var leaving = new CancellationTokenSource();
        var request = host.Client.GetAsync(new Uri("/test", UriKind.Relative), leaving.Token);
        await entered.WaitAsync(TestContext.Current.CancellationToken);

        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(request);
        await WaitForAsync(host, entry => entry.Contains("499"));
        host.Logs.GetSnapshot().ShouldAllBe(entry => entry.Level < LogLevel.Warning);
    }

    [Theory]
    [InlineData(400, 400)]
    [InlineData(413, 413)]
    [InlineData(408, 408)]
    public async Task A_request_that_cannot_be_read_keeps_the_status_the_server_chose(int thrown, int sent)
    {
        await using var host = await StartAsync(
            app => app.MapGet("/test", string () => throw new BadHttpRequestException("canary", thrown)));

        using var response = await host.SendAsync(HttpMethod.Get, "/test");

        var body = await response.ShouldBeProblemAsync(HttpProblems.InvalidRequest, (HttpStatusCode)sent);
        body.ToJsonString().ShouldNotContain("canary");
        host.Logs.GetSnapshot().ShouldAllBe(entry => entry.Level < LogLevel.Warning);
    }

    [Fact]
    public async Task An_unreadable_parameter_is_an_invalid_request_that_repeats_nothing()
    {
        await using var host = await StartAsync(app => app.MapGet("/test", (int number) => number));

        using var response = await host.SendAsync(HttpMethod.Get, "/test?number=canary");

        (await response.ShouldBeProblemAsync(HttpProblems.InvalidRequest)).ToJsonString().ShouldNotContain("canary");
    }

    [Fact]
    public async Task A_body_of_the_wrong_type_is_an_invalid_request_with_415()
    {
        await using var host = await StartAsync(app => app.MapPost("/test", (Dictionary<string, string> body) => body.Count));
        using var content = new StringContent("x");

        using var response = await host.Client.PostAsync(
            new Uri("/test", UriKind.Relative), content, TestContext.Current.CancellationToken);

        await response.ShouldBeProblemAsync(HttpProblems.InvalidRequest, HttpStatusCode.UnsupportedMediaType);
    }

    [Theory]
    [InlineData(400, "invalid-request")]
    [InlineData(401, "unauthenticated")]
    [InlineData(403, "forbidden")]
    [InlineData(404, "not-found")]
    [InlineData(405, "method-not-allowed")]
    [InlineData(406, "not-acceptable")]
    [InlineData(409, "invalid-request")]
    [InlineData(412, "precondition-failed")]
    [InlineData(429, "caller-quota")]
    [InlineData(500, "internal-error")]
    [InlineData(501, "internal-error")]
    [InlineData(502, "upstream-error")]
    [InlineData(503, "upstream-busy")]
    [InlineData(504, "upstream-timeout")]
    public async Task A_bare_status_becomes_the_nearest_problem(int status, string slug)
    {
        await using var host = await StartAsync(app => app.MapGet("/test", context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        }));

        using var response = await host.SendAsync(HttpMethod.Get, "/test");

        await response.ShouldBeProblemAsync(ProblemTypes.Find(slug)!, (HttpStatusCode)status);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("image/png")]
    [InlineData("application/json;q=0")]
    public async Task A_caller_who_does_not_accept_problems_gets_one_all_the_same(string accept)
    {
        await using var host = await AccessHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        request.Headers.TryAddWithoutValidation("Accept", accept);

        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        await response.ShouldBeProblemAsync(HttpProblems.NotFound);
    }

    [Fact]
    public async Task HEAD_has_the_headers_of_GET_and_no_body()
    {
        await using var host = await AccessHost.StartAsync();

        var get = await host.SendRawAsync("GET /nowhere HTTP/1.1");
        var head = await host.SendRawAsync("HEAD /nowhere HTTP/1.1");

        head.ShouldEndWith("\r\n\r\n");
        WithoutDate(head).ShouldBe(WithoutDate(get[..(get.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)]));
        head.ShouldContain("Content-Length: " + (get.Length - get.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4));

        static string[] WithoutDate(string text) =>
            [.. text.Split("\r\n").Where(line => !line.StartsWith("Date:", StringComparison.Ordinal))];
    }

    /// <summary>Starts a host with an additional anonymous endpoint, which only tests have.</summary>
    private static Task<AccessHost> StartAsync(Func<WebApplication, IEndpointConventionBuilder> map) =>
        AccessHost.StartAsync(map: app => map(app).WithMetadata(new AllowAnonymousAttribute()));

    private static async Task WaitForAsync(AccessHost host, Func<string, bool> logged)
    {
        for (var attempt = 0; !host.Logs.GetSnapshot().Any(entry => logged(entry.Message)); attempt++)
        {
            attempt.ShouldBeLessThan(1_000);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
