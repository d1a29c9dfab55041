using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using NclueGateway.Http;
using NclueGateway.Tests.Access;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http;

public sealed class RequestLimitsTests
{
    [Theory]
    [InlineData(RequestLimits.RequestLine - 1000, 0, 0, "404")]
    [InlineData(RequestLimits.RequestLine, 0, 0, "414")]
    [InlineData(0, RequestLimits.AllHeaders - 1000, 0, "404")]
    [InlineData(0, RequestLimits.AllHeaders, 0, "431")]
    [InlineData(0, 0, RequestLimits.HeaderCount - 10, "404")]
    [InlineData(0, 0, RequestLimits.HeaderCount, "431")]
    public async Task A_request_that_is_too_long_is_refused_before_it_is_one(int path, int header, int headers, string status)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var request = new StringBuilder("GET /nowhere").Append('a', path).Append(" HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n");
        request.Append("X-Long: ").Append('a', header).Append("\r\n").Insert(request.Length, "X-Many: a\r\n", headers).Append("\r\n");

        var response = await SendAsync(gateway.Address, request.ToString());

        response.ShouldStartWith($"HTTP/1.1 {status} ");
        response.ShouldNotContain("Server:");
    }

    [Theory]
    [InlineData(RequestLimits.Body, false, 200)]
    [InlineData(RequestLimits.Body + 1, false, 413)]
    [InlineData(RequestLimits.Body + 1, true, 413)]
    public async Task A_body_that_is_too_long_is_refused_with_a_problem(int length, bool isChunked, int status)
    {
        await using var host = await AccessHost.StartAsync(map: app => app.MapPost("/read", async (HttpContext context) =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            return "read";
        }).WithMetadata(new AllowAnonymousAttribute()));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/read") { Content = new ByteArrayContent(new byte[length]) };
        request.Headers.TransferEncodingChunked = isChunked;

        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(status);
        if (status == 413)
        {
            await response.ShouldBeProblemAsync(HttpProblems.InvalidRequest, response.StatusCode);
        }
    }

    private static async Task<string> SendAsync(Uri address, string request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);

        // The server may reset the connection while a part of the request is unread, but it sends the response first.
        var response = new byte[1024];
        return Encoding.Latin1.GetString(
            response,
            0,
            await stream.ReadAtLeastAsync(
                response, 64, throwOnEndOfStream: false, TestContext.Current.CancellationToken));
    }
}
