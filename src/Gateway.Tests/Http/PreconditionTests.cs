using System.Net;
using NclueGateway.Http;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http;

/// <summary>Conditional requests (RFC 9110 §13) for everything that has an entity tag.</summary>
public sealed class PreconditionTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/api/task-runs")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/swagger/index.html")]
    [InlineData("/swagger/swagger-ui.css")]
    public async Task If_Match_comes_before_If_None_Match(string path)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var page = await SendAsync(gateway, HttpMethod.Get, path);
        var tag = page.Headers.ETag!.ToString();
        var body = await page.Content.ReadAsByteArrayAsync(Ct);
        foreach (var (ifMatch, ifNoneMatch, status) in new (string? IfMatch, string? IfNoneMatch, HttpStatusCode Status)[]
        {
            (tag, null, HttpStatusCode.OK),
            ("*", null, HttpStatusCode.OK),
            ($"\"x\", {tag}", null, HttpStatusCode.OK),
            ("\"other\"", null, HttpStatusCode.PreconditionFailed),
            ($"W/{tag}", null, HttpStatusCode.PreconditionFailed),
            ("nonsense", null, HttpStatusCode.PreconditionFailed),
            ("\"other\"", tag, HttpStatusCode.PreconditionFailed),
            (tag, tag, HttpStatusCode.NotModified),
            (tag, "\"other\"", HttpStatusCode.OK),
            (null, tag, HttpStatusCode.NotModified),
            (null, $"\"x\", W/{tag}", HttpStatusCode.NotModified),
            (null, "*", HttpStatusCode.NotModified),
            (null, "\"other\"", HttpStatusCode.OK),
        })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
            {
                using var response = await SendAsync(gateway, method, path, ifMatch, ifNoneMatch);

                response.StatusCode.ShouldBe(status, $"{method} {path}, If-Match: {ifMatch}, If-None-Match: {ifNoneMatch}");
                var content = await response.Content.ReadAsByteArrayAsync(Ct);
                switch (status)
                {
                    case HttpStatusCode.OK:
                        content.ShouldBe(method == HttpMethod.Get ? body : []);
                        response.Content.Headers.ContentLength.ShouldBe(page.Content.Headers.ContentLength);
                        break;
                    case HttpStatusCode.NotModified:
                        content.ShouldBeEmpty();
                        response.Headers.ETag!.ToString().ShouldBe(tag);
                        break;
                    case HttpStatusCode.PreconditionFailed when method == HttpMethod.Get:
                        await response.ShouldBeProblemAsync(HttpProblems.PreconditionFailed);
                        break;
                    default:
                        content.ShouldBeEmpty();
                        break;
                }
            }
        }
    }

    /// <summary>RFC 9110 §13.2.1.</summary>
    [Theory]
    [InlineData("/api/task-runs?limit=0", HttpStatusCode.BadRequest)]
    [InlineData("/swagger/nothing", HttpStatusCode.NotFound)]
    [InlineData("/session", HttpStatusCode.Unauthorized)]
    [InlineData("/problems", HttpStatusCode.OK)] // has no tag
    public async Task A_precondition_changes_only_what_would_succeed(string path, HttpStatusCode status)
    {
        await using var gateway = await SessionHost.StartAsync();

        using var response = await SendAsync(gateway, HttpMethod.Get, path, ifMatch: "\"other\"", ifNoneMatch: "*");

        response.StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task Any_coding_of_the_content_matches()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var page = await SendAsync(gateway, HttpMethod.Get, "/api/task-runs");

        using var response = await SendAsync(gateway, HttpMethod.Get, "/api/task-runs", ifMatch: $"{page.Headers.ETag!.Tag[..^1]}-gzip\"");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<HttpResponseMessage> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, string? ifMatch = null, string? ifNoneMatch = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch).ShouldBeTrue();
        }

        if (ifNoneMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch).ShouldBeTrue();
        }

        return await gateway.Client.SendAsync(request, Ct);
    }
}
