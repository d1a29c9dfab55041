using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>
/// Tokens as well-known providers write them, with the settings of the worked examples in <c>docs/configuration.md</c>: who can read, with a
/// token and with a browser, and who cannot.
/// </summary>
public sealed class ProviderShapeTests
{
    private const string Entra = "Microsoft Entra ID";
    private const string Keycloak = "Keycloak";
    private const string Okta = "Okta";
    private const string GooglePeople = "Google: people";
    private const string GoogleServices = "Google: a service account";

    private const string AnotherTenant = "ffffffff-0000-cccc-1111-dddd2222eeee";
    private const string IssuerOfAnotherTenant = $"https://login.microsoftonline.com/{AnotherTenant}/v2.0";
    private const string MicrosoftGraph = "00000003-0000-0000-c000-000000000000";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Entra_ID_a_token_of_an_application_or_a_person_with_the_role_can_read()
    {
        var example = ProviderExample.Read(Entra);
        var (application, person) = (EntraApplication(example), EntraPerson(example));
        await using var gateway = await StartAsync(example, application);

        await CanReadAsync(gateway, application);
        await CanReadAsync(gateway, person);

        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(application, ("roles", null)));
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(person, ("roles", null))); // whose application has the scope
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(person, ("tid", AnotherTenant)));
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(person, ("tid", null)));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("iss", IssuerOfAnotherTenant)));
        var issuerOfVersion1 = $"https://sts.windows.net/{example["Auth:RequiredClaims:tid"]}/";
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("iss", issuerOfVersion1), ("ver", "1.0")));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("aud", MicrosoftGraph)));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(EntraIdToken(example), ("aud", example.ClientId), ("nonce", "n")));
    }

    [Fact]
    public async Task Entra_ID_a_person_with_the_role_can_read_with_a_browser()
    {
        var example = ProviderExample.Read(Entra);
        await using var gateway = await StartAsync(example, EntraApplication(example), signIn =>
        {
            signIn.Metadata = Json("""
                { "scopes_supported": ["openid", "profile", "email", "offline_access"],
                  "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"] }
                """);
            signIn.User = "pairwise-subject-of-alice";
            signIn.IdClaims = EntraIdToken(example);
            signIn.Granted = _ => "openid profile email offline_access";
        });
        var signIn = gateway.Issuer.SignIn;

        // The access token is one for Microsoft Graph. It is not meant to be read by anybody else, and grants nothing here.
        signIn.AccessToken = (_, _) => Issue(gateway, Changed(EntraPerson(example), ("aud", MicrosoftGraph), ("scp", "openid profile")));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.OK);
        signIn.LastRequest["scope"].ShouldBe("openid profile offline_access");

        signIn.IdClaims = Changed(EntraIdToken(example), ("roles", null));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
        signIn.IdClaims = Changed(EntraIdToken(example), ("roles", new JsonArray("task-runs:readers")));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
        signIn.IdClaims = Changed(EntraIdToken(example), ("tid", AnotherTenant));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
        signIn.IdClaims = Changed(EntraIdToken(example), ("iss", IssuerOfAnotherTenant));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.BadRequest); // nobody is signed in
    }

    [Fact]
    public async Task Entra_ID_a_role_that_was_taken_away_is_gone_with_the_next_id_token()
    {
        var example = ProviderExample.Read(Entra);
        await using var gateway = await StartAsync(example, EntraApplication(example), signIn => signIn.IdClaims = EntraIdToken(example));
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);

        gateway.Issuer.SignIn.IdClaims = Changed(EntraIdToken(example), ("roles", null));
        gateway.Clock.Advance(TimeSpan.FromMinutes(5));

        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Keycloak_a_token_with_the_scope_can_read()
    {
        var example = ProviderExample.Read(Keycloak);
        var (person, service) = (KeycloakPerson(example), KeycloakService(example));
        await using var gateway = await StartAsync(example, service);

        await CanReadAsync(gateway, person);
        await CanReadAsync(gateway, service);
        await CanReadAsync(gateway, Changed(person, ("aud", example.Audience)));

        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(person, ("scope", "openid email profile")));
        var roles = Json("""{ "roles": ["task-runs:read"] }""");
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(person, ("scope", "openid"), ("realm_access", roles)));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("aud", "account"))); // without the audience mapper
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("iss", "https://id.example.com/realms/another")));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("nonce", "n"))); // before version 25
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(KeycloakIdToken(example), ("aud", example.Audience)));
    }

    [Fact]
    public async Task Keycloak_a_person_who_is_given_the_scope_can_read_with_a_browser()
    {
        var example = ProviderExample.Read(Keycloak);
        await using var gateway = await StartAsync(example, KeycloakService(example), signIn =>
        {
            signIn.Metadata = Json("""
                { "scopes_supported": ["openid", "acr", "offline_access", "email", "roles", "profile", "address", "web-origins", "basic", "task-runs:read"],
                  "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth", "client_secret_jwt"] }
                """);
            signIn.User = "f1d0a5b8-6a1c-4b53-9c0f-2f1c2a7a4a10";
            signIn.IdClaims = KeycloakIdToken(example);
        });
        var signIn = gateway.Issuer.SignIn;
        signIn.AccessToken = (subject, scope) => Issue(gateway, Changed(KeycloakPerson(example), ("sub", subject), ("scope", scope), ("azp", example.ClientId)));

        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.OK);
        signIn.LastRequest["scope"].ShouldBe("openid profile task-runs:read offline_access");

        // Who lacks the role that the scope is bound to is not given the scope.
        signIn.Granted = asked => asked.Replace("task-runs:read ", "", StringComparison.Ordinal);
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);

        // What an access token of somebody else or for somebody else says does not count.
        signIn.AccessToken = (_, _) => Issue(gateway, Changed(KeycloakPerson(example), ("sub", "another")));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
        signIn.AccessToken = (subject, _) => Issue(gateway, Changed(KeycloakPerson(example), ("sub", subject), ("aud", "account")));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Okta_a_token_with_the_scope_can_read()
    {
        var example = ProviderExample.Read(Okta);
        var (person, service) = (OktaPerson(example), OktaService(example));
        await using var gateway = await StartAsync(example, service);

        await CanReadAsync(gateway, person, type: null);
        await CanReadAsync(gateway, service, type: null);

        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(person, ("scp", new JsonArray("openid", "profile"))), type: null);
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(service, ("scp", null)), type: null);
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("iss", "https://company.okta.com/oauth2/another")), type: null);
        var ofTheOrganisation = Changed(person, ("iss", "https://company.okta.com"), ("aud", "https://company.okta.com"));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, ofTheOrganisation, type: null);
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("aud", "api://another")), type: null);
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, person, type: "application/okta-internal-at+jwt");
    }

    [Fact]
    public async Task Okta_a_person_whom_a_policy_gives_the_scope_can_read_with_a_browser_and_is_called_as_user_info_says()
    {
        var example = ProviderExample.Read(Okta);
        await using var gateway = await StartAsync(example, OktaService(example), signIn => OktaSignIn(signIn, "task-runs:read"));
        var signIn = gateway.Issuer.SignIn;

        // Its subject is the login, not the user id as in the id token: only the scope beside it counts.
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

    [Fact]
    public async Task Google_the_people_of_the_domain_can_read_with_a_browser()
    {
        var example = ProviderExample.Read(GooglePeople);
        var reader = Changed(GoogleService(example), ("hd", example["Auth:RequiredClaims:hd"])); // no such token exists
        await using var gateway = await StartAsync(example, reader, signIn => GoogleSignIn(signIn, example));
        var signIn = gateway.Issuer.SignIn;
        var person = signIn.IdClaims;

        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.OK);
        signIn.LastRequest["scope"].ShouldBe("openid profile");

        // A personal account, though its address is one of the domain.
        signIn.IdClaims = Changed(person, ("hd", null), ("email", "alice@example.com"), ("email_verified", true));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
        signIn.IdClaims = Changed(person, ("hd", "another.example"));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
        signIn.IdClaims = Changed(person, ("hd", "sub." + example["Auth:RequiredClaims:hd"]));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Google_with_the_settings_for_people_no_token_can_read()
    {
        var example = ProviderExample.Read(GooglePeople);
        var person = Changed(GooglePerson(example), ("sub", "117"));
        var reader = Changed(GoogleService(example), ("hd", example["Auth:RequiredClaims:hd"])); // no such token exists
        await using var gateway = await StartAsync(example, reader);

        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, GoogleService(example));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("aud", example.ClientId)));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("aud", example.ClientId), ("at_hash", null))); // of a button on a page
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("aud", example.Audience)));
        (await StatusAsync(gateway, "ya29.opaque-access-token")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Google_the_named_service_account_can_read_and_no_other()
    {
        var example = ProviderExample.Read(GoogleServices);
        var service = GoogleService(example, example["Auth:ReadScope"]);
        await using var gateway = await StartAsync(example, service);

        await CanReadAsync(gateway, service);

        // Anybody with a Google account can make a service account, and tokens of it for any audience.
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, GoogleService(example, "dashboard@project-of-mallory.iam.gserviceaccount.com"));
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(service, ("email", null), ("email_verified", null)));
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(service, ("email_verified", false)));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(service, ("aud", "https://another.example.com")));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(service, ("iss", "https://securetoken.google.com/project")));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(service, ("at_hash", "hash"))); // as a person has it
    }

    private static JsonObject EntraApplication(ProviderExample example) => Json($$"""
        { "aud": "{{example.Audience}}", "iss": "{{example.Authority}}", "aio": "k2RgYJhgqp5i5OIqAA==", "azp": "11112222-bbbb-3333-cccc-4444dddd5555",
          "azpacr": "1", "idtyp": "app", "oid": "22223333-cccc-4444-dddd-5555eeee6666", "rh": "1.AXkA.", "roles": ["task-runs:read"],
          "sub": "22223333-cccc-4444-dddd-5555eeee6666", "tid": "{{example["Auth:RequiredClaims:tid"]}}", "uti": "Uti", "ver": "2.0" }
        """);

    private static JsonObject EntraPerson(ProviderExample example) => Json($$"""
        { "aud": "{{example.Audience}}", "iss": "{{example.Authority}}", "aio": "AXQAi/8TAAAA", "azp": "33334444-dddd-5555-eeee-6666ffff7777",
          "azpacr": "0", "name": "Alice 김", "oid": "44445555-eeee-6666-ffff-7777aaaa8888", "preferred_username": "alice@example.com",
          "rh": "1.AXkA.", "roles": ["task-runs:read"], "scp": "task-runs:read", "sid": "00000000-sid", "sub": "pairwise-subject-of-alice",
          "tid": "{{example["Auth:RequiredClaims:tid"]}}", "uti": "Uti", "ver": "2.0" }
        """);

    private static JsonObject EntraIdToken(ProviderExample example) => Json($$"""
        { "iss": "{{example.Authority}}", "aio": "AXQAi/8TAAAA", "name": "Alice 김", "oid": "44445555-eeee-6666-ffff-7777aaaa8888",
          "preferred_username": "alice@example.com", "rh": "1.AXkA.", "roles": ["task-runs:read"], "sid": "00000000-sid",
          "tid": "{{example["Auth:RequiredClaims:tid"]}}", "uti": "Uti", "ver": "2.0" }
        """);

    private static JsonObject KeycloakPerson(ProviderExample example) => Json($$"""
        { "jti": "onrtac:3c1f", "iss": "{{example.Authority}}", "aud": ["{{example.Audience}}", "account"], "sub": "f1d0a5b8-6a1c-4b53-9c0f-2f1c2a7a4a10",
          "typ": "Bearer", "azp": "dashboard", "sid": "0c2e", "session_state": "0c2e", "acr": "1", "allowed-origins": ["https://dashboard.example.com"],
          "realm_access": { "roles": ["offline_access", "task-runs-reader"] }, "resource_access": { "account": { "roles": ["manage-account"] } },
          "scope": "openid email profile task-runs:read", "email_verified": true, "name": "Alice 김", "preferred_username": "alice" }
        """);

    private static JsonObject KeycloakService(ProviderExample example) => Json($$"""
        { "jti": "trrtcc:5d2a", "iss": "{{example.Authority}}", "aud": "{{example.Audience}}", "sub": "a5e1f6c7-09d4-4a0e-8f4e-0d0b6f0f6f11",
          "typ": "Bearer", "azp": "report", "acr": "1", "realm_access": { "roles": ["task-runs-reader"] }, "scope": "profile email task-runs:read",
          "clientHost": "10.0.0.7", "clientAddress": "10.0.0.7", "client_id": "report", "preferred_username": "service-account-report" }
        """);

    private static JsonObject KeycloakIdToken(ProviderExample example) => Json($$"""
        { "auth_time": 1764000000, "jti": "onrtac:77aa", "iss": "{{example.Authority}}", "typ": "ID", "azp": "{{example.ClientId}}", "at_hash": "hash",
          "acr": "1", "sid": "0c2e", "email_verified": true, "name": "Alice 김", "preferred_username": "alice" }
        """);

    private static JsonObject OktaPerson(ProviderExample example) => Json($$"""
        { "ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "iss": "{{example.Authority}}", "aud": "{{example.Audience}}",
          "cid": "0oa5dashboard", "uid": "00ualice", "scp": ["openid", "profile", "task-runs:read", "offline_access"], "auth_time": 1764000000,
          "sub": "alice@example.com" }
        """);

    private static JsonObject OktaService(ProviderExample example) => Json($$"""
        { "ver": 1, "jti": "AT.service", "iss": "{{example.Authority}}", "aud": "{{example.Audience}}", "cid": "0oa5report",
          "scp": ["task-runs:read"], "sub": "0oa5report" }
        """);

    private static void OktaSignIn(TestSignIn signIn, params string[] published)
    {
        var example = ProviderExample.Read(Okta);
        signIn.Metadata = Json("""{ "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"] }""");
        signIn.Metadata["scopes_supported"] = new JsonArray(
            [.. new[] { "openid", "profile", "email", "address", "phone", "offline_access" }.Concat(published).Select(scope => (JsonNode)scope)]);
        signIn.User = "00ualice";
        signIn.IdClaims = Json($$"""
            { "ver": 1, "jti": "ID.1", "iss": "{{example.Authority}}", "amr": ["pwd", "mfa"], "idp": "00o1", "auth_time": 1764000000, "at_hash": "hash" }
            """);
        signIn.ChangeIdToken = token => token.Claims.Remove("sid");
        signIn.UserInfo = Json("""{ "name": "Alice 김", "preferred_username": "alice@example.com", "zoneinfo": "Asia/Seoul", "groups": ["Everyone"] }""");
    }

    private static JsonObject GoogleService(ProviderExample example, string email = "report@my-project.iam.gserviceaccount.com") => Json($$"""
        { "aud": "{{example.Audience}}", "azp": "112233445566778899001", "email": "{{email}}", "email_verified": true,
          "iss": "{{example.Authority}}", "sub": "112233445566778899001" }
        """);

    private static JsonObject GooglePerson(ProviderExample example) => Json($$"""
        { "iss": "{{example.Authority}}", "azp": "{{example.ClientId}}", "hd": "{{example["Auth:RequiredClaims:hd"]}}", "at_hash": "hash",
          "name": "Alice 김", "picture": "https://lh3.googleusercontent.com/a", "given_name": "Alice" }
        """);

    private static void GoogleSignIn(TestSignIn signIn, ProviderExample example)
    {
        signIn.Metadata = Json("""
            { "scopes_supported": ["openid", "email", "profile"], "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
              "end_session_endpoint": null }
            """);
        signIn.User = "117234567890123456789";
        signIn.IdClaims = GooglePerson(example);
        signIn.ChangeIdToken = token => token.Claims.Remove("sid");
        signIn.AccessToken = (_, _) => "ya29.opaque-access-token";
        signIn.Granted = _ => "openid https://www.googleapis.com/auth/userinfo.profile";
        signIn.UserInfo = Json("""{ "name": "Alice 김", "given_name": "Alice", "picture": "https://lh3.googleusercontent.com/a" }""");
    }

    /// <summary>A gateway with the settings of an example, in front of a provider that is that one but for its address.</summary>
    /// <param name="example">The example.</param>
    /// <param name="reader">The claims of somebody who can read.</param>
    /// <param name="change">Makes the sign-in that of the provider.</param>
    private static Task<GatewayHost> StartAsync(ProviderExample example, JsonObject reader, Action<TestSignIn>? change = null) => GatewayHost.StartAsync(
        settings: example.Settings,
        environment: "Development",
        provider: issuer =>
        {
            issuer.RollOver(TestKey.Rsa("rsa"));
            issuer.Reader = token => Write(token, reader, "JWT");
            change?.Invoke(issuer.SignIn);
            issuer.SignIn.Metadata["issuer"] = example.Authority;
            issuer.SignIn.Client = example.ClientId;
        });

    private static async Task CanReadAsync(GatewayHost gateway, JsonObject claims, string? type = "JWT") =>
        (await StatusAsync(gateway, Issue(gateway, claims, type))).ShouldBe(HttpStatusCode.OK, claims.ToJsonString());

    private static async Task CannotReadAsync(GatewayHost gateway, HttpStatusCode expected, JsonObject claims, string? type = "JWT") =>
        (await StatusAsync(gateway, Issue(gateway, claims, type))).ShouldBe(expected, claims.ToJsonString());

    private static async Task<HttpStatusCode> StatusAsync(GatewayHost gateway, string token)
    {
        using var client = gateway.CreateAnonymousClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return (await GatewayHost.ReadAsync(client)).Status;
    }

    /// <summary>What a browser gets that has signed in; or what it gets for the sign-in, when that fails.</summary>
    private static async Task<HttpStatusCode> ReadWithBrowserAsync(GatewayHost gateway)
    {
        using var browser = new CookieClient(gateway.Address);
        using var signIn = await browser.FollowAsync("/session/login?returnUrl=/health/live");
        return signIn.StatusCode == HttpStatusCode.OK ? (await browser.ReadAsync()).Status : signIn.StatusCode;
    }

    private static string Issue(GatewayHost gateway, JsonObject claims, string? type = "JWT") => gateway.Issuer.Issue(token => Write(token, claims, type));

    /// <summary>Makes the token one of these claims, with the times that it has.</summary>
    private static void Write(TokenDraft token, JsonObject claims, string? type)
    {
        token.Header.Remove("typ");
        if (type is not null)
        {
            token.Header["typ"] = type;
        }

        token.Claims = Changed(claims, [.. new[] { "iat", "nbf", "exp" }.Select(time => (time, token.Claims[time]?.DeepClone()))]);
    }

    /// <summary>A copy with other values; null takes a claim away.</summary>
    private static JsonObject Changed(JsonObject claims, params (string Claim, JsonNode? Value)[] others)
    {
        var changed = claims.DeepClone().AsObject();
        foreach (var (claim, value) in others)
        {
            changed.Remove(claim);
            if (value is not null)
            {
                changed[claim] = value;
            }
        }

        return changed;
    }

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
