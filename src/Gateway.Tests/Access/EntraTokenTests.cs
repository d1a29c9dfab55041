using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Tests.Infrastructure;
using static NclueGateway.Tests.Access.ProviderHost;

namespace NclueGateway.Tests.Access;

/// <summary>Tokens as Microsoft Entra ID writes them, with the settings of the worked example.</summary>
public sealed class EntraTokenTests
{
    private const string Entra = "Microsoft Entra ID";
    private const string AnotherTenant = "ffffffff-0000-cccc-1111-dddd2222eeee";
    private const string IssuerOfAnotherTenant = $"https://login.microsoftonline.com/{AnotherTenant}/v2.0";
    private const string MicrosoftGraph = "00000003-0000-0000-c000-000000000000";

    [Fact]
    public async Task Entra_ID_a_token_of_an_application_or_a_person_with_the_role_can_read()
    {
        var example = ProviderExample.Read(Entra);
        var (application, person) = (EntraApplication(example), EntraPerson(example));
        await using var gateway = await StartAsync(example, application);

        await CanReadAsync(gateway, application);
        await CanReadAsync(gateway, person);

        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(application, ("roles", null)));
        // whose application has the scope
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(person, ("roles", null)));
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(person, ("tid", AnotherTenant)));
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(person, ("tid", null)));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("iss", IssuerOfAnotherTenant)));
        var issuerOfVersion1 = $"https://sts.windows.net/{example["Auth:RequiredClaims:tid"]}/";
        await CannotReadAsync(
            gateway, HttpStatusCode.Unauthorized, Changed(person, ("iss", issuerOfVersion1), ("ver", "1.0")));
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(person, ("aud", MicrosoftGraph)));
        await CannotReadAsync(
            gateway, HttpStatusCode.Unauthorized, Changed(EntraIdToken(example), ("aud", example.ClientId), ("nonce", "n")));
    }

    [Fact]
    public async Task Entra_ID_a_person_with_the_role_can_read_with_a_browser()
    {
        var example = ProviderExample.Read(Entra);
        await using var gateway = await StartAsync(example, EntraApplication(example), signIn =>
        {
            signIn.Metadata = Parse("""
                { "scopes_supported": ["openid", "profile", "email", "offline_access"],
                  "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"] }
                """);
            signIn.User = "pairwise-subject-of-alice";
            signIn.IdClaims = EntraIdToken(example);
            signIn.Granted = _ => "openid profile email offline_access";
        });
        var signIn = gateway.Issuer.SignIn;

        // The access token is for Microsoft Graph. It is opaque to every other application, and grants nothing here.
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
        (await ReadWithBrowserAsync(gateway)).ShouldBe(HttpStatusCode.BadRequest); // the sign-in fails
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

    private static JsonObject EntraApplication(ProviderExample example) => Parse($$"""
        { "aud": "{{example.Audience}}", "iss": "{{example.Authority}}", "aio": "k2RgYJhgqp5i5OIqAA==",
          "azp": "11112222-bbbb-3333-cccc-4444dddd5555", "azpacr": "1", "idtyp": "app",
          "oid": "22223333-cccc-4444-dddd-5555eeee6666", "rh": "1.AXkA.", "roles": ["task-runs:read"],
          "sub": "22223333-cccc-4444-dddd-5555eeee6666", "tid": "{{example["Auth:RequiredClaims:tid"]}}", "uti": "Uti", "ver": "2.0" }
        """);

    private static JsonObject EntraPerson(ProviderExample example) => Parse($$"""
        { "aud": "{{example.Audience}}", "iss": "{{example.Authority}}", "aio": "AXQAi/8TAAAA",
          "azp": "33334444-dddd-5555-eeee-6666ffff7777", "azpacr": "0", "name": "Alice 김",
          "oid": "44445555-eeee-6666-ffff-7777aaaa8888", "preferred_username": "alice@example.com",
          "rh": "1.AXkA.", "roles": ["task-runs:read"], "scp": "task-runs:read", "sid": "00000000-sid", "sub": "pairwise-subject-of-alice",
          "tid": "{{example["Auth:RequiredClaims:tid"]}}", "uti": "Uti", "ver": "2.0" }
        """);

    private static JsonObject EntraIdToken(ProviderExample example) => Parse($$"""
        { "iss": "{{example.Authority}}", "aio": "AXQAi/8TAAAA", "name": "Alice 김", "oid": "44445555-eeee-6666-ffff-7777aaaa8888",
          "preferred_username": "alice@example.com", "rh": "1.AXkA.", "roles": ["task-runs:read"], "sid": "00000000-sid",
          "tid": "{{example["Auth:RequiredClaims:tid"]}}", "uti": "Uti", "ver": "2.0" }
        """);
}
