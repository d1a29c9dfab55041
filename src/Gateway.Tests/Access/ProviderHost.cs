using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>A gateway with the settings of a worked example in <c>docs/configuration.md</c>, and the provider's tokens.</summary>
internal static class ProviderHost
{
    /// <summary>Starts a gateway with the settings of an example, and a provider that differs only by its address.</summary>
    /// <param name="example">The example.</param>
    /// <param name="reader">The claims of a caller who can read.</param>
    /// <param name="change">Configures the sign-in like the provider's.</param>
    public static Task<GatewayHost> StartAsync(
        ProviderExample example, JsonObject reader, Action<TestSignIn>? change = null) => GatewayHost.StartAsync(
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

    public static async Task CanReadAsync(GatewayHost gateway, JsonObject claims, string? type = "JWT") =>
        (await StatusAsync(gateway, Issue(gateway, claims, type))).ShouldBe(HttpStatusCode.OK, claims.ToJsonString());

    public static async Task CannotReadAsync(GatewayHost gateway, HttpStatusCode expected, JsonObject claims, string? type = "JWT") =>
        (await StatusAsync(gateway, Issue(gateway, claims, type))).ShouldBe(expected, claims.ToJsonString());

    public static async Task<HttpStatusCode> StatusAsync(GatewayHost gateway, string token)
    {
        using var client = gateway.CreateAnonymousClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return (await GatewayHost.ReadAsync(client)).Status;
    }

    /// <summary>Signs a browser in and reads; returns the status of the read, or of the sign-in when that fails.</summary>
    public static async Task<HttpStatusCode> ReadWithBrowserAsync(GatewayHost gateway)
    {
        using var browser = new CookieClient(gateway.Address);
        using var signIn = await browser.FollowAsync("/session/login?returnUrl=/health/live");
        return signIn.StatusCode == HttpStatusCode.OK ? (await browser.ReadAsync()).Status : signIn.StatusCode;
    }

    public static string Issue(GatewayHost gateway, JsonObject claims, string? type = "JWT") =>
        gateway.Issuer.Issue(token => Write(token, claims, type));

    /// <summary>Replaces the claims of a token except for its times.</summary>
    private static void Write(TokenDraft token, JsonObject claims, string? type)
    {
        token.Header.Remove("typ");
        if (type is not null)
        {
            token.Header["typ"] = type;
        }

        token.Claims = Changed(claims, [.. new[] { "iat", "nbf", "exp" }.Select(time => (time, token.Claims[time]?.DeepClone()))]);
    }

    /// <summary>Returns a copy with other values; null removes a claim.</summary>
    public static JsonObject Changed(JsonObject claims, params (string Claim, JsonNode? Value)[] others)
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

    public static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();
}
