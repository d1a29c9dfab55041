using System.Net;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

public sealed class ColdAuthorizationHeaderTests() : AuthorizationHeaderTests(isWarm: false);

public sealed class WarmAuthorizationHeaderTests() : AuthorizationHeaderTests(isWarm: true);

/// <summary>Places and forms in which a token is sent, over HTTP.</summary>
/// <param name="isWarm">True if the gateway has just accepted, and cached, a valid token of the same caller.</param>
public abstract class AuthorizationHeaderTests(bool isWarm) : AccessTokenHost(isWarm)
{
    [Fact]
    public async Task Two_Authorization_headers_are_refused_even_if_both_are_good()
    {
        var header = "Authorization: Bearer " + Host.Issuer.Issue();
        if (IsWarm)
        {
            using var alone = await Host.GetAsync(header["Authorization: ".Length..]);
            alone.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var lines = await Host.SendRawAsync($"GET {AccessHost.Protected} HTTP/1.1", header, header);
        lines.ShouldStartWith("HTTP/1.1 401 ");
        lines.ShouldContain(
            "WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"More than one Authorization header\"\r\n");

        using var joined = await Host.GetAsync(header["Authorization: ".Length..] + ", " + header["Authorization: ".Length..]);
        await ShouldBeInvalidAsync(joined, "The token cannot be read");
    }

    [Theory]
    [InlineData("Bearer x")]
    [InlineData("Bearer ..")]
    [InlineData("Bearer a.b.c")]
    [InlineData("Bearer e30.e30.e30")]
    [InlineData("Bearer a.b.c.d.e")]
    public async Task A_value_that_is_no_token_is_refused(string authorization)
    {
        using var response = await Host.GetAsync(authorization);

        response.Challenge().ShouldStartWith("Bearer error=\"invalid_token\", error_description=\"The token");
        await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
    }

    [Theory]
    [InlineData]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic YWxpY2U6c2VjcmV0")]
    [InlineData("DPoP e30.e30.e30")]
    public async Task Without_a_bearer_token_the_challenge_names_no_error(params string[] authorization)
    {
        using var response = await Host.GetAsync(authorization);

        response.Challenge().ShouldBe("Bearer");
        await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("token")]
    public async Task A_token_in_the_query_counts_as_none(string parameter)
    {
        using var response = await Host.SendAsync(HttpMethod.Get, $"{AccessHost.Protected}?{parameter}={Host.Issuer.Issue()}");

        response.Challenge().ShouldBe("Bearer");
        await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
    }

    [Fact]
    public async Task A_token_in_a_form_or_a_cookie_counts_as_none()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, AccessHost.Protected)
        {
            Content = new FormUrlEncodedContent([new("access_token", Host.Issuer.Issue())]),
        };
        request.Headers.Add("Cookie", "access_token=" + Host.Issuer.Issue());

        using var response = await Host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        response.Challenge().ShouldBe("Bearer");
        await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
    }

    [Fact]
    public async Task A_token_of_100_kB_is_refused_before_it_is_parsed()
    {
        using var response = await Host.GetWithAsync(token => token.Claims["padding"] = new string('x', 75_000));

        response.StatusCode.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
    }

    [Fact]
    public async Task A_refusal_repeats_nothing_of_the_token_and_logs_nothing_of_it()
    {
        var token = Host.Issuer.Issue(token => token.Claims["aud"] = "canary-audience");
        using var response = await Host.GetWithAsync(token);

        var body = (await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated)).ToJsonString();
        foreach (var secret in token.Split('.').Append("canary-audience"))
        {
            body.ShouldNotContain(secret);
            response.Headers.ToString().ShouldNotContain(secret);
        }

        var signature = token.Split('.')[2];
        Host.Logs.GetSnapshot().Select(entry => entry.Message + entry.Exception).ShouldAllBe(entry => !entry.Contains(signature));
    }

    [Fact]
    public async Task The_framework_s_own_settings_cannot_bring_in_another_issuer()
    {
        await using var other = await TestIssuer.StartAsync(Host.Time);
        var settings = new Dictionary<string, string?>
        {
            ["Authentication:Schemes:Bearer:Authority"] = other.Address,
            ["Authentication:Schemes:Bearer:RequireHttpsMetadata"] = "false",
        };
        await using var host = await AccessHost.StartAsync(settings: settings);

        using var theirs = await host.GetWithAsync(other.Issue());
        using var ours = await host.GetWithAsync();

        await theirs.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        ours.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
