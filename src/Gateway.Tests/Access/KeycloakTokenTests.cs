using System.Net;
using System.Text.Json.Nodes;
using static NclueGateway.Tests.Access.ProviderHost;

namespace NclueGateway.Tests.Access;

/// <summary>Tokens as Keycloak writes them, with the settings of the worked example.</summary>
public sealed class KeycloakTokenTests
{
    private const string Keycloak = "Keycloak";

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
        var roles = Parse("""{ "roles": ["task-runs:read"] }""");
        await CannotReadAsync(
            gateway, HttpStatusCode.Forbidden, Changed(person, ("scope", "openid"), ("realm_access", roles)));
        // without the audience mapper
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("aud", "account")));
        await CannotReadAsync(
            gateway, HttpStatusCode.Unauthorized, Changed(person, ("iss", "https://id.example.com/realms/another")));
        // before version 25
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("nonce", "n")));
        await CannotReadAsync(
            gateway, HttpStatusCode.Unauthorized, Changed(KeycloakIdToken(example), ("aud", example.Audience)));
    }

    [Fact]
    public async Task Keycloak_a_person_who_is_given_the_scope_can_read_with_a_browser()
    {
        var example = ProviderExample.Read(Keycloak);
        await using var gateway = await StartAsync(example, KeycloakService(example), signIn =>
        {
            signIn.Metadata = Parse("""
                { "scopes_supported":
                    ["openid", "acr", "offline_access", "email", "roles", "profile", "address", "web-origins", "basic", "task-runs:read"],
                  "token_endpoint_auth_methods_supported":
                    ["private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth", "client_secret_jwt"] }
                """);
            signIn.User = "f1d0a5b8-6a1c-4b53-9c0f-2f1c2a7a4a10";
            signIn.IdClaims = KeycloakIdToken(example);
        });
        var signIn = gateway.Issuer.SignIn;
        signIn.AccessToken = (subject, scope) => Issue(
            gateway, Changed(KeycloakPerson(example), ("sub", subject), ("scope", scope), ("azp", example.ClientId)));

        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.OK);
        signIn.LastRequest["scope"].ShouldBe("openid profile task-runs:read offline_access");

        // Keycloak does not grant the scope to a person without the role that the scope is bound to.
        signIn.Granted = asked => asked.Replace("task-runs:read ", "", StringComparison.Ordinal);
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);

        // The claims of an access token of another subject, or for another audience, do not count.
        signIn.AccessToken = (_, _) => Issue(gateway, Changed(KeycloakPerson(example), ("sub", "another")));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
        signIn.AccessToken = (subject, _) => Issue(gateway, Changed(KeycloakPerson(example), ("sub", subject), ("aud", "account")));
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.Forbidden);
    }

    private static JsonObject KeycloakPerson(ProviderExample example) => Parse($$"""
        { "jti": "onrtac:3c1f", "iss": "{{example.Authority}}", "aud": ["{{example.Audience}}", "account"],
          "sub": "f1d0a5b8-6a1c-4b53-9c0f-2f1c2a7a4a10", "typ": "Bearer", "azp": "dashboard", "sid": "0c2e", "session_state": "0c2e",
          "acr": "1", "allowed-origins": ["https://dashboard.example.com"],
          "realm_access": { "roles": ["offline_access", "task-runs-reader"] },
          "resource_access": { "account": { "roles": ["manage-account"] } },
          "scope": "openid email profile task-runs:read", "email_verified": true, "name": "Alice 김", "preferred_username": "alice" }
        """);

    private static JsonObject KeycloakService(ProviderExample example) => Parse($$"""
        { "jti": "trrtcc:5d2a", "iss": "{{example.Authority}}", "aud": "{{example.Audience}}",
          "sub": "a5e1f6c7-09d4-4a0e-8f4e-0d0b6f0f6f11", "typ": "Bearer", "azp": "report", "acr": "1",
          "realm_access": { "roles": ["task-runs-reader"] }, "scope": "profile email task-runs:read",
          "clientHost": "10.0.0.7", "clientAddress": "10.0.0.7", "client_id": "report",
          "preferred_username": "service-account-report" }
        """);

    private static JsonObject KeycloakIdToken(ProviderExample example) => Parse($$"""
        { "auth_time": 1764000000, "jti": "onrtac:77aa", "iss": "{{example.Authority}}", "typ": "ID",
          "azp": "{{example.ClientId}}", "at_hash": "hash", "acr": "1", "sid": "0c2e", "email_verified": true,
          "name": "Alice 김", "preferred_username": "alice" }
        """);
}
