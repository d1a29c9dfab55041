using System.Net;
using NclueGateway.Http;
using NclueGateway.Tests.Access;

namespace NclueGateway.Tests.Http;

public sealed class PublicHostTests
{
    [Theory]
    [InlineData("https://gateway.example.com", "gateway.example.com")]
    [InlineData("https://gateway.example.com", "GATEWAY.example.com")]
    [InlineData("https://gateway.example.com", "gateway.example.com:443")]
    [InlineData("https://gateway.example.com:8443", "gateway.example.com:8443")]
    [InlineData("http://[::1]:8080", "[::1]:8080")]
    [InlineData("", "anything.example")]
    public async Task The_public_host_is_answered_and_without_one_any(string publicOrigin, string host)
    {
        using var response = await GetAsync(publicOrigin, host, "/problems");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("https://gateway.example.com", "evil.example")]
    [InlineData("https://gateway.example.com", "gateway.example.com.evil.example")]
    [InlineData("https://gateway.example.com", "gateway.example.com:80")]
    [InlineData("https://gateway.example.com", "gateway.example.com.")]
    [InlineData("https://gateway.example.com", "10.0.0.1:8080")]
    [InlineData("https://gateway.example.com:8443", "gateway.example.com")]
    public async Task Another_host_is_refused(string publicOrigin, string host)
    {
        foreach (var path in new[] { "/problems", "/api/task-runs", "/nowhere", "/health", "/health/live/more" })
        {
            using var response = await GetAsync(publicOrigin, host, path);

            (await response.ShouldBeProblemAsync(HttpProblems.InvalidRequest)).ToJsonString().ShouldNotContain(host);
        }
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task A_probe_comes_by_any_address(string path)
    {
        using var response = await GetAsync("https://gateway.example.com", "10.1.2.3:8080", path);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<HttpResponseMessage> GetAsync(string publicOrigin, string host, string path)
    {
        await using var gateway = await AccessHost.StartAsync(http: new() { PublicOrigin = publicOrigin });
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = host;
        return await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
