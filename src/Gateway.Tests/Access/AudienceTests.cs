using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Access.Sessions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>Several audiences, one of which a token must have.</summary>
public sealed class AudienceTests
{
    [Theory]
    [InlineData("gateway", true)]
    [InlineData("api://gateway", true)]
    [InlineData("https://nclue.example.com", true)]
    [InlineData("other, api://gateway", true)]
    [InlineData("other", false)]
    [InlineData("API://gateway", false)]
    [InlineData("https://nclue.example.com/", false)]
    [InlineData("", false)]
    public async Task A_token_has_one_of_the_audiences_to_the_letter(string audience, bool isAccepted)
    {
        await using var gateway = await GatewayHost.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Auth:Audiences:0"] = "api://gateway",
            ["Auth:Audiences:1"] = "https://nclue.example.com",
        });

        (await StatusAsync(gateway, audience)).ShouldBe(isAccepted ? HttpStatusCode.OK : HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_list_alone_replaces_the_single_audience()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Auth:Audience"] = null, ["Auth:Audiences:0"] = "api://gateway" },
            provider: issuer => issuer.Reader = token => token.Claims["aud"] = "api://gateway");

        (await StatusAsync(gateway, "api://gateway")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(gateway, "gateway")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public void Another_audience_in_the_list_ends_no_session_but_another_first_one_does()
    {
        var before = ScopeOf("gateway");

        ScopeOf("gateway", "api://gateway").ShouldBe(before);
        ScopeOf("", "gateway", "api://gateway").ShouldBe(before);
        ScopeOf("", "api://gateway", "gateway").ShouldNotBe(before);
    }

    private static string ScopeOf(string audience, params string[] audiences) => new SessionScope(
        new() { Authority = "https://id.example.com", Audience = audience, Audiences = audiences },
        new() { ClientId = "browser" }).Name;

    private static async Task<HttpStatusCode> StatusAsync(GatewayHost gateway, string audience)
    {
        var names = audience.Split(", ");
        using var client = gateway.CreateAnonymousClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", gateway.Issuer.Issue(token =>
            token.Claims["aud"] = names.Length == 1 ? names[0] : new JsonArray([.. names.Select(name => (JsonNode)name)])));
        return (await GatewayHost.ReadAsync(client)).Status;
    }
}
