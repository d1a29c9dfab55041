using System.Net;
using System.Text;
using System.Text.Json;
using NclueGateway.Client;
using NclueGateway.Tests.Upstream;
using static NclueGateway.Tests.Upstream.RawUpstream;

namespace NclueGateway.Tests.Clients;

/// <summary>The C# client in front of servers that fail, or whose responses cannot be read.</summary>
public sealed class CSharpClientFailureTests
{
    private const string Json = "Content-Type: application/json";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(502, "text/html", "<h1>Bad Gateway</h1>")]
    [InlineData(503, "application/json", "{}")]
    [InlineData(302, "text/html", "")]
    [InlineData(304, "application/json", "")] // without a condition
    [InlineData(204, "application/json", "")]
    public async Task A_response_without_a_problem_is_reported_by_its_status(int status, string mediaType, string body)
    {
        await using var server = Start(status is 204 or 304
            ? Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Type: {mediaType}\r\n\r\n")
            : RawUpstream.Http(status, Encoding.UTF8.GetBytes(body), "Content-Type: " + mediaType));

        var failure = await FailureAsync(server);

        ((int)failure.StatusCode!, failure.Problem).ShouldBe((status, null));
        failure.Message.ShouldContain($"{status} with {mediaType} instead of a problem");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"type":7}""")]
    [InlineData("""{"type":"/problems/upstream-busy",""")]
    public async Task An_unreadable_problem_is_reported_by_its_status(string body)
    {
        await using var server = Start(RawUpstream.Http(500, Encoding.UTF8.GetBytes(body), "Content-Type: application/problem+json"));

        var failure = await FailureAsync(server);

        (failure.StatusCode, failure.Problem).ShouldBe((HttpStatusCode.InternalServerError, null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("<html></html>")]
    [InlineData("""{"index":0,"limit":20,"runs":null}""")]
    [InlineData("""{"index":0,"limit":20,"runs":[null]}""")]
    [InlineData("""{"index":0,"limit":20,"runs":[{"id":null,"status":"failed","task":{},"feature":{}}]}""")]
    [InlineData("""{"index":0,"limit":20,"runs":[{"id":"1","status":7,"task":{},"feature":{}}]}""")]
    [InlineData("""{"index":0,"limit":20,"runs":[{"id":"1","status":"failed","task":{},"feature":{}}]""")]
    [InlineData("""{"index":0,"limit":20,"runs":[{"id":"1","status":"failed","task":{},"feature":{},"createdAt":"today"}]}""")]
    public async Task A_page_that_cannot_be_read_is_no_empty_list(string body)
    {
        await using var server = Start(RawUpstream.Http(200, Encoding.UTF8.GetBytes(body), Json));

        var failure = await FailureAsync(server);

        (failure.StatusCode, failure.HttpRequestError).ShouldBe((HttpStatusCode.OK, HttpRequestError.InvalidResponse));
        failure.InnerException.ShouldBeOfType<JsonException>();
    }

    [Fact]
    public async Task A_page_that_says_to_be_something_else_is_not_read()
    {
        await using var server = Start(
            RawUpstream.Http(200, """{"index":0,"limit":20,"runs":[]}"""u8.ToArray(), "Content-Type: text/html"));

        (await FailureAsync(server)).Message.ShouldContain("200 with text/html instead of application/json");
    }

    [Theory]
    [InlineData(200, Json)]
    [InlineData(503, "Content-Type: application/problem+json")]
    public async Task A_truncated_body_is_reported_with_its_status(int status, string mediaType)
    {
        await using var server = Start($"HTTP/1.1 {status} X\r\n{mediaType}\r\nContent-Length: 100\r\n\r\n{{\"index\":0", closes: true);

        var failure = await FailureAsync(server);

        ((int)failure.StatusCode!, failure.HttpRequestError).ShouldBe((status, HttpRequestError.ResponseEnded));
        failure.Message.ShouldContain("cut off");
    }

    [Fact]
    public async Task A_body_that_never_ends_is_given_up_after_the_timeout()
    {
        await using var server = Start($"HTTP/1.1 200 X\r\n{Json}\r\nContent-Length: 100\r\n\r\n{{\"index\":0");
        var network = CSharpClientResponseTests.Network(server);
        network.Timeout = TimeSpan.FromSeconds(2); // of the real clock

        var failure = await Should.ThrowAsync<NclueGatewayException>(new NclueGatewayClient(network).ListAsync(cancellationToken: Token));

        (failure.StatusCode, failure.HttpRequestError).ShouldBe((HttpStatusCode.OK, HttpRequestError.ResponseEnded));
        failure.InnerException.ShouldBeOfType<TimeoutException>();
    }

    [Fact]
    public async Task A_caller_who_leaves_does_not_wait_for_the_rest_of_a_body()
    {
        var asked = new TaskCompletionSource();
        await using var server = Start(_ =>
        {
            asked.SetResult();
            return Task.FromResult<byte[]?>(Encoding.ASCII.GetBytes($"HTTP/1.1 200 X\r\n{Json}\r\nContent-Length: 100\r\n\r\n{{"));
        });
        using var leaving = new CancellationTokenSource();

        var read = Client(server).ListAsync(cancellationToken: leaving.Token);
        await asked.Task;
        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(read);
    }

    [Fact]
    public async Task A_body_that_is_too_long_is_not_read_to_its_end()
    {
        await using var server = Start(RawUpstream.Http(200, new byte[2_000], Json));
        var network = CSharpClientResponseTests.Network(server);
        network.MaxResponseContentBufferSize = 1_000;

        var failure = await Should.ThrowAsync<NclueGatewayException>(new NclueGatewayClient(network).ListAsync(cancellationToken: Token));

        failure.Message.ShouldContain("more than 1000 bytes");
        failure.HttpRequestError.ShouldBe(HttpRequestError.ConfigurationLimitExceeded);
    }

    [Fact]
    public async Task No_response_at_all_is_an_exception_of_the_network()
    {
        var server = Start("");
        var client = Client(server);
        await server.DisposeAsync();

        (await Should.ThrowAsync<HttpRequestException>(client.ListAsync(cancellationToken: Token))).StatusCode.ShouldBeNull();
    }

    private static NclueGatewayClient Client(RawUpstream server) => new(CSharpClientResponseTests.Network(server));

    private static Task<NclueGatewayException> FailureAsync(RawUpstream server) =>
        Should.ThrowAsync<NclueGatewayException>(Client(server).ListAsync(cancellationToken: Token));
}
