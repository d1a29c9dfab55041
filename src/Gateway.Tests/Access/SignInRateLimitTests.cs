using System.Net;
using NclueGateway.Http;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Http;

namespace NclueGateway.Tests.Access;

public sealed class SignInRateLimitTests
{
    [Fact]
    public async Task One_address_may_ask_the_sign_in_paths_so_often_a_second_and_all_others_as_it_likes()
    {
        await using var gateway = await SessionHost.StartAsync(("Quota:AnonymousPerSecond", "4"));
        using var client = gateway.CreateAnonymousClient();
        foreach (var (method, path) in new[]
        {
            ("GET", "/session/login"), ("GET", "/session/callback"), ("GET", "/Session/Login/"), ("POST", "/session/backchannel-logout"),
        })
        {
            using var response = await SendAsync(method, path);
            response.StatusCode.ShouldNotBe(HttpStatusCode.TooManyRequests);
        }

        await ShouldBeRefusedAsync("GET", "/session/login");
        await ShouldBeRefusedAsync("POST", "/session/CALLBACK");
        await ShouldBeRefusedAsync("POST", "/session/backchannel-logout/");
        foreach (var path in new[] { "/session/logout", "/session", "/session/login/more", "/", "/problems", "/api/task-runs" })
        {
            using var response = await SendAsync("GET", path);
            response.StatusCode.ShouldNotBe(HttpStatusCode.TooManyRequests);
        }

        gateway.Clock.Advance(TimeSpan.FromMilliseconds(249));
        await ShouldBeRefusedAsync("GET", "/session/login");
        gateway.Clock.Advance(TimeSpan.FromMilliseconds(1));
        using var later = await SendAsync("GET", "/session/login");
        later.StatusCode.ShouldNotBe(HttpStatusCode.TooManyRequests);
        await ShouldBeRefusedAsync("GET", "/session/login");

        async Task ShouldBeRefusedAsync(string method, string path)
        {
            using var response = await SendAsync(method, path);
            await response.ShouldBeProblemAsync(AccessProblems.CallerQuota);
            response.Headers.GetValues("Retry-After").ShouldBe(["1"]);
        }

        async Task<HttpResponseMessage> SendAsync(string method, string path)
        {
            using var request = new HttpRequestMessage(new(method), path);
            return await client.SendAsync(request, TestContext.Current.CancellationToken);
        }
    }

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("fe80::1%2", "fe80::1%3", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("0.0.0.1", "::1", false)]
    [InlineData("0.0.0.0", "::", false)]
    [InlineData("0.0.0.0", null, false)]
    [InlineData(null, null, true)]
    public void An_address_is_one_of_IPv4_or_a_subnet_of_IPv6(string? one, string? other, bool isSame) =>
        (Range(one) == Range(other)).ShouldBe(isSame);

    private static AddressRange Range(string? address) => AddressRange.Of(address is null ? null : IPAddress.Parse(address));
}
