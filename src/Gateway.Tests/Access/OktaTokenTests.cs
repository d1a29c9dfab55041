using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Tests.Infrastructure;
using static NclueGateway.Tests.Access.ProviderHost;

namespace NclueGateway.Tests.Access;

/// <summary>Tokens as Okta writes them, with the settings of the worked example.</summary>
public sealed class OktaTokenTests
{
    private const string Okta = "Okta";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Okta_a_token_with_the_scope_can_read()
    {
        var example = ProviderExample.Read(Okta);
        var (person, service) = (OktaPerson(example), OktaService(example));
        await using var gateway = await StartAsync(example, service);

        await CanReadAsync(gateway, person, type: null);
        await CanReadAsync(gateway, service, type: null);

        await CannotReadAsync(
            gateway, HttpStatusCode.Forbidden, Changed(person, ("scp", new JsonArray("openid", "profile"))), type: null);
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(service, ("scp", null)), type: null);
        await CannotReadAsync(
            gateway, HttpStatusCode.Unauthorized, Changed(person, ("iss", "https://company.okta.com/oauth2/another")), type: null);
        var ofTheOrganisation = Changed(person, ("iss", "https://company.okta.com"), ("aud", "https://company.okta.com"));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, ofTheOrganisation, type: null);
        await CannotReadAsync(
            gateway, HttpStatusCode.Unauthorized, Changed(person, ("aud", "api://another")), type: null);
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, person, type: "application/okta-internal-at+jwt");
    }

    [Fact]
    public async Task Okta_a_person_with_the_scope_by_a_policy_can_read_with_a_browser_under_the_name_in_user_info()
    {
        var example = ProviderExample.Read(Okta);
        await using var gateway = await StartAsync(example, OktaService(example), signIn => OktaSignIn(signIn, "task-runs:read"));
        var signIn = gateway.Issuer.SignIn;

        // The subject of the access token is the login, not the user id of the id token: only the granted scope counts.
        signIn.AccessToken = (_, scope) => Issue(gateway, Changed(OktaPerson(example), ("cid", example.ClientId)), null);
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        signIn.LastRequest["scope"].ShouldBe("openid profile task-runs:read offline_access");
        using var session = await browser.GetAsync("/session");
        (await session.Content.ReadAsStringAsync(Ct)).ShouldContain("\"name\":\"Alice 김\"");

        signIn.Granted = asked => asked.Replace("task-runs:read ", "", StringComparison.Ordinal);
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Okta_a_person_in_the_group_can_read_with_a_browser()
    {
        var example = ProviderExample.Read(Okta);
        await using var gateway = await StartAsync(example, OktaService(example), signIn => OktaSignIn(signIn));
        var signIn = gateway.Issuer.SignIn;
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
        signIn.LastRequest["scope"].ShouldBe("openid profile offline_access"); // the scope is not in the public metadata

        signIn.UserInfo!["groups"] = new JsonArray("Everyone", "task-runs:read");
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.OK);

        signIn.UserInfo["sub"] = "00uanother";
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
    }

    private static JsonObject OktaPerson(ProviderExample example) => Parse($$"""
        { "ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "iss": "{{example.Authority}}", "aud": "{{example.Audience}}",
          "cid": "0oa5dashboard", "uid": "00ualice", "scp": ["openid", "profile", "task-runs:read", "offline_access"],
          "auth_time": 1764000000,
          "sub": "alice@example.com" }
        """);

    private static JsonObject OktaService(ProviderExample example) => Parse($$"""
        { "ver": 1, "jti": "AT.service", "iss": "{{example.Authority}}", "aud": "{{example.Audience}}", "cid": "0oa5report",
          "scp": ["task-runs:read"], "sub": "0oa5report" }
        """);

    private static void OktaSignIn(TestSignIn signIn, params string[] published)
    {
        var example = ProviderExample.Read(Okta);
        signIn.Metadata = Parse("""
            { "token_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"] }
            """);
        string[] scopes = ["openid", "profile", "email", "address", "phone", "offline_access", .. published];
        signIn.Metadata["scopes_supported"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]);
        signIn.User = "00ualice";
        signIn.IdClaims = Parse($$"""
            { "ver": 1, "jti": "ID.1", "iss": "{{example.Authority}}", "amr": ["pwd", "mfa"], "idp": "00o1",
              "auth_time": 1764000000, "at_hash": "hash" }
            """);
        signIn.ChangeIdToken = token => token.Claims.Remove("sid");
        signIn.UserInfo = Parse("""
            { "name": "Alice 김", "preferred_username": "alice@example.com", "zoneinfo": "Asia/Seoul", "groups": ["Everyone"] }
            """);
    }
}
