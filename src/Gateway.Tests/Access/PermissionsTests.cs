using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

public sealed class ColdPermissionsTests() : PermissionsTests(isWarm: false);

public sealed class WarmPermissionsTests() : PermissionsTests(isWarm: true);

/// <summary>Claims that a token needs for reading, over HTTP.</summary>
/// <param name="isWarm">True to send each token a second time, when it is in the cache.</param>
public abstract class PermissionsTests(bool isWarm) : IAsyncLifetime
{
    private AccessHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await AccessHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("scope", "\"task-runs:read\"")]
    [InlineData("scope", "\"openid task-runs:read profile\"")]
    [InlineData("scope", "[\"openid\", \"task-runs:read\"]")]
    [InlineData("scope", "[\"openid profile\", \"email task-runs:read\"]")]
    [InlineData("scp", "\"openid task-runs:read\"")]
    [InlineData("scp", "[\"task-runs:read\"]")]
    [InlineData("roles", "[\"admin\", \"task-runs:read\"]")]
    [InlineData("roles", "\"task-runs:read\"")]
    [InlineData("role", "\"task-runs:read\"")]
    [InlineData("groups", "[\"task-runs:read\"]")]
    public async Task The_permission_is_found_in_any_of_the_claims_that_providers_use(string claim, string value)
    {
        using var response = await GetWithAsync(_host, claim, value);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("scope", null)]
    [InlineData("scope", "\"\"")]
    [InlineData("scope", "[]")]
    [InlineData("scope", "\"task-runs:readwrite\"")]
    [InlineData("scope", "\"x-task-runs:read\"")]
    [InlineData("scope", "\"task-runs:READ\"")]
    [InlineData("scope", "\"task-runs:read,openid\"")]
    [InlineData("scope", "\"task-runs:read\\topenid\"")]
    [InlineData("scope", "{\"task-runs:read\": true}")]
    [InlineData("Scope", "\"task-runs:read\"")]
    [InlineData("scopes", "\"task-runs:read\"")]
    [InlineData("sub", "\"task-runs:read\"")]
    [InlineData("groups", "\"not task-runs:read\"")]
    [InlineData("roles", "[\"no task-runs:read\"]")]
    public async Task Another_value_or_another_claim_is_forbidden(string claim, string? value)
    {
        using var response = await GetWithAsync(_host, claim, value);

        await ShouldBeForbiddenAsync(response);
    }

    [Fact]
    public async Task Another_scope_and_other_claims_can_be_asked_for()
    {
        await using var host = await AccessHost.StartAsync(options =>
        {
            options.ReadScope = "nclue.view";
            options.PermissionClaims = ["permissions"];
        });

        using var theirs = await GetWithAsync(host, "permissions", "[\"nclue.view\"]");
        using var ours = await GetWithAsync(host, "scope", "\"nclue.view\"");

        theirs.StatusCode.ShouldBe(HttpStatusCode.OK);
        ours.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        ours.Challenge().ShouldBe("Bearer error=\"insufficient_scope\", scope=\"nclue.view\"");
    }

    [Fact]
    public async Task Every_required_claim_must_have_its_value()
    {
        await using var host = await AccessHost.StartAsync(options =>
        {
            options.RequiredClaims["tid"] = "tenant-1";
            options.RequiredClaims["hd"] = "example.com";
        });

        using var both = await GetAsync(("tid", "tenant-1"), ("hd", "example.com"));
        using var one = await GetAsync(("tid", "tenant-1"));
        using var wrong = await GetAsync(("tid", "tenant-2"), ("hd", "example.com"));
        using var otherCase = await GetAsync(("tid", "TENANT-1"), ("hd", "example.com"));
        using var otherName = await GetAsync(("TID", "tenant-1"), ("hd", "example.com"));

        both.StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldBeForbiddenAsync(one);
        await ShouldBeForbiddenAsync(wrong);
        await ShouldBeForbiddenAsync(otherCase);
        await ShouldBeForbiddenAsync(otherName);

        Task<HttpResponseMessage> GetAsync(params (string Name, string Value)[] claims) => SendAsync(host, token =>
        {
            foreach (var (name, value) in claims)
            {
                token.Claims[name] = value;
            }
        });
    }

    private Task<HttpResponseMessage> GetWithAsync(AccessHost host, string claim, string? value) => SendAsync(host, token =>
    {
        token.Claims.Remove("scope");
        if (value is not null)
        {
            token.Claims[claim] = JsonNode.Parse(value);
        }
    });

    private async Task<HttpResponseMessage> SendAsync(AccessHost host, Action<TokenDraft> change)
    {
        var token = host.Issuer.Issue(change);
        if (isWarm)
        {
            using var first = await host.GetWithAsync(token);
        }

        var before = host.Validations;
        var response = await host.GetWithAsync(token);
        host.Validations.ShouldBe(isWarm ? before : before + 1);
        return response;
    }

    private static async Task ShouldBeForbiddenAsync(HttpResponseMessage response)
    {
        response.Challenge().ShouldBe("Bearer error=\"insufficient_scope\", scope=\"task-runs:read\"");
        await response.ShouldBeProblemAsync(AccessProblems.Forbidden);
    }
}
