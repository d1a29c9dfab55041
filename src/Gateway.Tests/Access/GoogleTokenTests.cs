using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Tests.Infrastructure;
using static NclueGateway.Tests.Access.ProviderHost;

namespace NclueGateway.Tests.Access;

/// <summary>Tokens as Google writes them, with the settings of the worked examples.</summary>
public sealed class GoogleTokenTests
{
    private const string GooglePeople = "Google: people";
    private const string GoogleServices = "Google: a service account";

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

        // A personal account with an address of the domain.
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
        // of a sign-in button on a page
        await CannotReadAsync(
            gateway, HttpStatusCode.Unauthorized, Changed(person, ("aud", example.ClientId), ("at_hash", null)));
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

        // Every owner of a Google account can create a service account, and issue its tokens for any audience.
        await CannotReadAsync(
            gateway, HttpStatusCode.Forbidden, GoogleService(example, "dashboard@project-of-mallory.iam.gserviceaccount.com"));
        await CannotReadAsync(
            gateway, HttpStatusCode.Forbidden, Changed(service, ("email", null), ("email_verified", null)));
        await CannotReadAsync(gateway, HttpStatusCode.Forbidden, Changed(service, ("email_verified", false)));
        await CannotReadAsync(
            gateway, HttpStatusCode.Unauthorized, Changed(service, ("aud", "https://another.example.com")));
        await CannotReadAsync(
            gateway, HttpStatusCode.Unauthorized, Changed(service, ("iss", "https://securetoken.google.com/project")));
        // as in tokens of people
        await CannotReadAsync(gateway, HttpStatusCode.Unauthorized, Changed(service, ("at_hash", "hash")));
    }

    private static JsonObject GoogleService(
        ProviderExample example, string email = "report@my-project.iam.gserviceaccount.com") => Parse($$"""
        { "aud": "{{example.Audience}}", "azp": "112233445566778899001", "email": "{{email}}", "email_verified": true,
          "iss": "{{example.Authority}}", "sub": "112233445566778899001" }
        """);

    private static JsonObject GooglePerson(ProviderExample example) => Parse($$"""
        { "iss": "{{example.Authority}}", "azp": "{{example.ClientId}}", "hd": "{{example["Auth:RequiredClaims:hd"]}}", "at_hash": "hash",
          "name": "Alice 김", "picture": "https://lh3.googleusercontent.com/a", "given_name": "Alice" }
        """);

    private static void GoogleSignIn(TestSignIn signIn, ProviderExample example)
    {
        signIn.Metadata = Parse("""
            { "scopes_supported": ["openid", "email", "profile"],
              "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
              "end_session_endpoint": null }
            """);
        signIn.User = "117234567890123456789";
        signIn.IdClaims = GooglePerson(example);
        signIn.ChangeIdToken = token => token.Claims.Remove("sid");
        signIn.AccessToken = (_, _) => "ya29.opaque-access-token";
        signIn.Granted = _ => "openid https://www.googleapis.com/auth/userinfo.profile";
        signIn.UserInfo = Parse("""{ "name": "Alice 김", "given_name": "Alice", "picture": "https://lh3.googleusercontent.com/a" }""");
    }
}
