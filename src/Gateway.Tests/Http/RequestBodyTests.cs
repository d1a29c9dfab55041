using NclueGateway.Http;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http;

/// <summary>Bodies that no endpoint reads, as some clients send them with GET.</summary>
public sealed class RequestBodyTests
{
    private const string Next = "GET /health/live HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n";

    private static readonly string[] Requests =
    [
        "GET /api/task-runs", "HEAD /api/task-runs", "GET /api/task-runs?limit=0", "DELETE /api/task-runs", "GET /nowhere", "GET /",
        "OPTIONS /", "GET /health/live", "POST /session/logout",
    ];

    [Fact]
    public async Task After_a_body_within_the_limit_the_connection_goes_on()
    {
        await using var gateway = await SessionHost.StartAsync();
        foreach (var (request, length, isChunked) in Cases(5, 16_000)) // the size lines of chunks count too
        {
            var responses = await SendAsync(gateway, request, length, isChunked);

            responses.Split("HTTP/1.1 ").Length.ShouldBe(3, responses);
            responses.ShouldNotContain(" 413 ");
            responses.ShouldEndWith("\r\nHealthy\r\n0\r\n\r\n");
        }
    }

    [Fact]
    public async Task A_longer_one_is_refused_and_the_end_of_the_connection_is_said()
    {
        await using var gateway = await SessionHost.StartAsync();
        foreach (var (request, length, isChunked) in Cases(RequestLimits.Body + 1, 20_000))
        {
            var response = await SendAsync(gateway, request, length, isChunked);

            response.ShouldStartWith("HTTP/1.1 413 ", customMessage: request);
            response.ShouldContain("\r\nConnection: close\r\n");
            response.ShouldContain("\r\nContent-Type: application/problem+json\r\n");
            response.Split("HTTP/1.1 ").Length.ShouldBe(2);
        }
    }

    [Fact]
    public async Task The_end_of_the_connection_is_said_by_those_that_respond_before_a_body_is_looked_at()
    {
        await using var gateway = await SessionHost.StartAsync(("Auth:AllowedOrigins:0", "https://runs.example"));
        var head =
            "OPTIONS /api/task-runs HTTP/1.1\r\nHost: gateway\r\nOrigin: https://runs.example\r\nAccess-Control-Request-Method: GET\r\n";

        var preflight = await RawHttp.SendAsync(gateway.Address, $"{head}Content-Length: 20000\r\n\r\n{new string('x', 20_000)}");

        preflight.ShouldStartWith("HTTP/1.1 204 ");
        preflight.ShouldContain("\r\nConnection: close\r\n");
    }

    [Fact]
    public async Task A_malformed_chunk_is_a_400()
    {
        await using var gateway = await SessionHost.StartAsync();
        foreach (var request in new[] { "GET /api/task-runs", "POST /session/backchannel-logout", "POST /session/callback" })
        {
            foreach (var chunk in new[] { "x\r\n", "80000000\r\nx", "7FFFFFFFFFFFFFFF\r\nx", "1\r\nxy\r\n" }) // the second overflows an int
            {
                var response = await RawHttp.SendAsync(
                    gateway.Address, Head(gateway, request) + $"Transfer-Encoding: chunked\r\n\r\n{chunk}");

                response.ShouldStartWith("HTTP/1.1 400 ", customMessage: $"{request} {chunk}");
                response.ShouldContain("\r\nConnection: close\r\n");
                response.ShouldContain("/problems/invalid-request");
            }
        }

        gateway.Logs.GetSnapshot().ShouldAllBe(line => line.Level < Microsoft.Extensions.Logging.LogLevel.Error);
    }

    private static IEnumerable<(string Request, int Length, bool IsChunked)> Cases(params int[] lengths) =>
        from request in Requests from length in lengths from isChunked in new[] { false, true } select (request, length, isChunked);

    private static Task<string> SendAsync(GatewayHost gateway, string request, int length, bool isChunked)
    {
        var body = new string('x', length);
        return RawHttp.SendAsync(gateway.Address, Head(gateway, request) + (isChunked
            ? $"Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n{Next}"
            : $"Content-Length: {length}\r\n\r\n{body}{Next}"));
    }

    private static string Head(GatewayHost gateway, string request) =>
        $"{request} HTTP/1.1\r\nHost: gateway\r\nAuthorization: {gateway.Client.DefaultRequestHeaders.Authorization}\r\n"
        + "Content-Type: application/x-www-form-urlencoded\r\n";
}
