using System.Net;
using NclueGateway.Http;
using NclueGateway.Tests.Http;

namespace NclueGateway.Tests.Access;

public sealed class AnonymousQuotaTests
{
    [Fact]
    public async Task One_address_may_ask_the_sign_in_paths_so_often_a_second_and_all_others_as_it_likes()
    {
        await using var host = await AccessHost.StartAsync(quota: new() { AnonymousPerSecond = 4 });
        foreach (var path in new[] { "/session/login", "/session/callback", "/Session/Login/", "/session/backchannel-logout" })
        {
            using var response = await host.SendAsync(HttpMethod.Get, path);
            response.StatusCode.ShouldNotBe(HttpStatusCode.TooManyRequests);
        }

        await ShouldBeRefusedAsync("/session/login");
        await ShouldBeRefusedAsync("/session/CALLBACK");
        await ShouldBeRefusedAsync("/session/backchannel-logout/");
        foreach (var path in new[] { "/session/logout", "/session", "/session/login/more", "/", "/problems", AccessHost.Protected })
        {
            using var response = await host.SendAsync(HttpMethod.Get, path);
            response.StatusCode.ShouldNotBe(HttpStatusCode.TooManyRequests);
        }

        host.Time.Advance(TimeSpan.FromMilliseconds(249));
        await ShouldBeRefusedAsync("/session/login");
        host.Time.Advance(TimeSpan.FromMilliseconds(1));
        using var later = await host.SendAsync(HttpMethod.Get, "/session/login");
        later.StatusCode.ShouldNotBe(HttpStatusCode.TooManyRequests);
        await ShouldBeRefusedAsync("/session/login");

        async Task ShouldBeRefusedAsync(string path)
        {
            using var response = await host.SendAsync(HttpMethod.Get, path);
            await response.ShouldBeProblemAsync(Problems.CallerQuota);
            response.Headers.GetValues("Retry-After").ShouldBe(["1"]);
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
