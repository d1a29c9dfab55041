using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;

namespace NclueGateway.Tests.Sandbox;

/// <summary>Sign-in, refresh and sign-out at the local identity provider.</summary>
public sealed class LocalIdentitySignInTests(LocalIdentityProviderContext.Running running)
    : LocalIdentityProviderContext(running), IClassFixture<LocalIdentityProviderContext.Running>
{
    [Fact]
    public async Task The_sign_in_page_has_a_button_for_each_user_and_carries_the_request_on()
    {
        using var response = await _http.GetAsync(Authorize(new() { ["state"] = "\"<b>&" }), Token);

        var page = await response.Content.ReadAsStringAsync(Token);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        page.ShouldContain("""<button name="user" value="reader">""");
        page.ShouldContain("""<button name="user" value="outsider">""");
        page.ShouldContain("""name="state" value="&quot;&lt;b&gt;&amp;">""");
        page.ShouldNotContain("<b>");
    }

    [Fact]
    public async Task A_silent_sign_in_is_refused()
    {
        using var response = await _http.GetAsync(Authorize(new() { ["prompt"] = "none" }), Token);

        response.Headers.Location!.Query.ShouldContain("error=login_required");
    }

    [Fact]
    public async Task A_redirect_must_be_registered_and_can_be_at_any_time()
    {
        var callback = new Uri("http://127.0.0.1:5999/session/callback");
        var request = new Dictionary<string, string?> { ["user"] = "reader", ["redirect_uri"] = callback.AbsoluteUri };
        using var before = await _http.GetAsync(Authorize(request), Token);

        await _provider.AllowRedirectsAsync([callback], [], Token);
        using var after = await _http.GetAsync(Authorize(request), Token);

        before.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        after.Headers.Location!.GetLeftPart(UriPartial.Path).ShouldBe(callback.AbsoluteUri);
    }

    [Fact]
    public async Task A_code_needs_its_verifier()
    {
        using var wrong = await ExchangeAsync(await CodeAsync("openid"), "another-verifier-of-at-least-forty-three-characters");
        using var right = await ExchangeAsync(await CodeAsync("openid"), Verifier);

        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        right.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_request_without_PKCE_is_refused()
    {
        var request = Authorize(new() { ["user"] = "reader", ["code_challenge"] = null, ["code_challenge_method"] = null });

        using var response = await _http.GetAsync(request, Token);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync(Token)).ShouldContain("code_challenge");
    }

    [Fact]
    public async Task A_refresh_token_brings_a_new_access_token_with_the_same_rights()
    {
        var first = await ReadAsync(await ExchangeAsync(await CodeAsync("openid profile offline_access task-runs:read"), Verifier));

        var second = await ReadAsync(await PostTokenAsync(new()
        {
            ["grant_type"] = "refresh_token",
            ["client_id"] = "nclue-gateway",
            ["client_secret"] = _provider.BrowserClientSecret,
            ["refresh_token"] = first.GetProperty("refresh_token").GetString()!,
        }));

        var token = await ValidAsync(_provider, second.GetProperty("access_token").GetString()!);
        token.Subject.ShouldBe("reader");
        token.GetClaim("scope").Value.Split(' ').ShouldContain("task-runs:read");
        second.GetProperty("access_token").GetString().ShouldNotBe(first.GetProperty("access_token").GetString());
        new JsonWebToken(first.GetProperty("id_token").GetString()).GetClaim("name").Value.ShouldStartWith("Reader");
    }

    [Fact]
    public async Task Sign_out_leads_back_only_to_where_it_may()
    {
        var home = new Uri("http://127.0.0.1:5999/signed-out");
        await _provider.AllowRedirectsAsync([], [home], Token);

        using var known = await SignOutAsync(home.AbsoluteUri);
        using var unknown = await SignOutAsync("http://127.0.0.1:6000/");

        known.Headers.Location!.GetLeftPart(UriPartial.Path).ShouldBe(home.AbsoluteUri);
        known.Headers.Location.Query.ShouldContain("state=s1");
        unknown.StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        Task<HttpResponseMessage> SignOutAsync(string uri) => _http.GetAsync(
            QueryHelpers.AddQueryString(
                "connect/logout",
                new Dictionary<string, string?> { ["post_logout_redirect_uri"] = uri, ["client_id"] = "nclue-gateway", ["state"] = "s1" }),
            Token);
    }
}
