using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// The sign-in of <see cref="TestIssuer"/>: the authorization code flow with PKCE, refresh tokens that are valid once, and user info.
/// Every user is signed in as <see cref="User"/>.
/// </summary>
internal sealed class TestSignIn(TestIssuer issuer)
{
    public const string ClientId = "gateway-browser";
    public const string ClientSecret = "browser-secret-canary";

    private readonly ConcurrentDictionary<string, Grant> _codes = new();
    private readonly ConcurrentDictionary<string, Grant> _refreshTokens = new();
    private int _refreshes;
    private int _redemptions;

    /// <summary>Client that users sign in to.</summary>
    public string Client { get; set; } = ClientId;

    /// <summary>User of the next sign-in.</summary>
    public string User { get; set; } = "alice";

    /// <summary>Returns those of the requested scopes that are granted.</summary>
    public Func<string, string> Granted { get; set; } = asked => asked;

    /// <summary>Additional claims of the id token; <c>at_hash</c>, if present, gets its right value.</summary>
    public JsonObject IdClaims { get; set; } = new() { ["name"] = "Alice 김" };

    /// <summary>Changes the whole id token.</summary>
    public Action<TokenDraft>? ChangeIdToken { get; set; }

    /// <summary>Creates the access token of a subject and scope; opaque by default, as many providers make it.</summary>
    public Func<string, string, string> AccessToken { get; set; } = (_, _) => "opaque-access-token-canary-" + Guid.NewGuid().ToString("N");

    /// <summary>User info besides <c>sub</c>; null when the endpoint fails.</summary>
    public JsonObject? UserInfo { get; set; } = [];

    /// <summary>Additional metadata.</summary>
    public JsonObject Metadata { get; set; } = new()
    {
        ["scopes_supported"] = new JsonArray("openid", "profile", "offline_access", "task-runs:read"),
    };

    /// <summary>True if the client must send its secret in the body; otherwise in the header.</summary>
    public bool WantsSecretInBody { get; set; }

    /// <summary>Error response to a refresh; null to return tokens.</summary>
    public (int Status, string Error)? RefreshRefusal { get; set; }

    /// <summary>Wait before the response to a refresh.</summary>
    public Func<Task> BeforeRefresh { get; set; } = () => Task.CompletedTask;

    /// <summary>Number of attempts to redeem a code.</summary>
    public int Redemptions => Volatile.Read(ref _redemptions);

    /// <summary>Parameters of the callback besides and in place of <c>code</c>, <c>state</c> and <c>iss</c>; null leaves one out.</summary>
    public Dictionary<string, string?> Callback { get; } = [];

    /// <summary>Number of refresh requests.</summary>
    public int Refreshes => Volatile.Read(ref _refreshes);

    /// <summary>The last authorization request.</summary>
    public IReadOnlyDictionary<string, string> LastRequest { get; private set; } = new Dictionary<string, string>();

    /// <summary>
    /// Returns a valid logout token (OpenID Connect Back-Channel Logout 1.0 §2.4) for a session and the current user. Then
    /// <paramref name="change"/> modifies it.
    /// </summary>
    public string IssueLogoutToken(string sid, Action<TokenDraft>? change = null) => issuer.Issue(token =>
    {
        token.Header["typ"] = "logout+jwt";
        foreach (var claim in new[] { "client_id", "scope", "nbf" })
        {
            token.Claims.Remove(claim);
        }

        token.Claims["aud"] = ClientId;
        token.Claims["jti"] = Guid.NewGuid().ToString();
        token.Claims["sid"] = sid;
        token.Claims["events"] = new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = new JsonObject() };
        change?.Invoke(token);
    });

    public void Map(WebApplication app)
    {
        app.MapGet("/authorize", (RequestDelegate)AuthorizeAsync);
        app.MapPost("/token", (RequestDelegate)TokenAsync);
        app.MapGet("/userinfo", (RequestDelegate)UserInfoAsync);
    }

    private Task AuthorizeAsync(HttpContext context)
    {
        LastRequest = context.Request.Query.ToDictionary(field => field.Key, field => field.Value.ToString());
        var code = Guid.NewGuid().ToString("N");
        _codes[code] = new Grant(
            User,
            LastRequest["scope"],
            LastRequest["nonce"],
            LastRequest["code_challenge"],
            LastRequest["redirect_uri"],
            Guid.NewGuid().ToString("N"));
        var response = new Dictionary<string, string?>
        {
            ["code"] = code,
            ["state"] = LastRequest["state"],
            ["iss"] = (string?)Metadata["issuer"] ?? issuer.Address,
        };
        foreach (var (name, value) in Callback)
        {
            response[name] = value;
        }

        context.Response.Redirect(QueryHelpers.AddQueryString(LastRequest["redirect_uri"], response));
        return Task.CompletedTask;
    }

    private async Task TokenAsync(HttpContext context)
    {
        if (issuer.Mood != IssuerMood.Responds)
        {
            context.Abort();
            return;
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        _ = form["grant_type"] == "refresh_token" ? 0 : Interlocked.Increment(ref _redemptions);
        if (!IsAuthenticated(context, form))
        {
            await RefuseAsync(context, 401, "invalid_client");
            return;
        }

        Grant? grant;
        if (form["grant_type"] == "refresh_token")
        {
            Interlocked.Increment(ref _refreshes);
            await BeforeRefresh();
            if (RefreshRefusal is { } refusal)
            {
                await RefuseAsync(context, refusal.Status, refusal.Error);
                return;
            }

            if (!_refreshTokens.TryRemove(form["refresh_token"].ToString(), out grant))
            {
                await RefuseAsync(context, 400, "invalid_grant");
                return;
            }
        }
        else if (!_codes.TryRemove(form["code"].ToString(), out grant)
            || grant.RedirectUri != form["redirect_uri"]
            || Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) != grant.Challenge)
        {
            await RefuseAsync(context, 400, "invalid_grant");
            return;
        }

        var isRefresh = form["grant_type"] == "refresh_token";
        var scope = Granted(grant.Scope);
        var accessToken = AccessToken(grant.Subject, scope);
        var response = new JsonObject
        {
            ["access_token"] = accessToken,
            ["token_type"] = "Bearer",
            ["expires_in"] = 300,
            ["scope"] = scope,
            ["id_token"] = IdToken(grant, isRefresh, accessToken),
        };
        if (scope.Split(' ').Contains("offline_access"))
        {
            var refreshToken = "refresh-token-canary-" + Guid.NewGuid().ToString("N");
            _refreshTokens[refreshToken] = grant;
            response["refresh_token"] = refreshToken;
        }

        await context.Response.WriteAsJsonAsync(response, context.RequestAborted);
    }

    private Task UserInfoAsync(HttpContext context)
    {
        if (UserInfo is null)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        }

        var info = UserInfo.DeepClone().AsObject();
        info["sub"] ??= User;
        return context.Response.WriteAsJsonAsync(info, context.RequestAborted);
    }

    private string IdToken(Grant grant, bool isRefresh, string accessToken) => issuer.Issue(token =>
    {
        token.Header["typ"] = "JWT";
        token.Claims.Remove("client_id");
        token.Claims.Remove("scope");
        token.Claims["aud"] = Client;
        token.Claims["sub"] = grant.Subject;
        token.Claims["sid"] = grant.Sid;
        if (!isRefresh)
        {
            token.Claims["nonce"] = grant.Nonce;
        }

        foreach (var (name, value) in IdClaims)
        {
            token.Claims[name] = value?.DeepClone();
        }

        if (token.Claims.ContainsKey("at_hash"))
        {
            var hash = SHA256.HashData(Encoding.ASCII.GetBytes(accessToken));
            token.Claims["at_hash"] = Base64Url.EncodeToString(hash.AsSpan(0, 16)); // OpenID Connect Core §3.1.3.6
        }

        ChangeIdToken?.Invoke(token);
    });

    private bool IsAuthenticated(HttpContext context, IFormCollection form)
    {
        var expected = $"{Client}:{ClientSecret}";
        return WantsSecretInBody
            ? $"{form["client_id"]}:{form["client_secret"]}" == expected
            : context.Request.Headers.Authorization == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(expected));
    }

    private static Task RefuseAsync(HttpContext context, int status, string error)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new JsonObject { ["error"] = error, ["error_description"] = "description-canary" }, context.RequestAborted);
    }

    private sealed record Grant(string Subject, string Scope, string Nonce, string Challenge, string RedirectUri, string Sid);
}
