using System.Text.Encodings.Web;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace NclueGateway.Sandbox.Identity;

/// <summary>The pages that a user sees: sign-in with a button for each user, sign-out, and a front page.</summary>
internal static class LocalIdentityEndpoints
{
    public const string Authorize = "connect/authorize";
    public const string Token = "connect/token";
    public const string UserInfo = "connect/userinfo";
    public const string EndSession = "connect/logout";

    /// <summary>Path that ends all sessions of a user, as a provider's administrator does.</summary>
    public const string SignOutEverywhere = "sign-out-everywhere";

    /// <summary>Parameter that a button adds to the authorization request.</summary>
    public const string UserParameter = "user";

    private const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;
    private static readonly string[] GetAndPost = [HttpMethods.Get, HttpMethods.Post];

    public static void MapLocalIdentity(this WebApplication app)
    {
        app.UseAuthentication();
        app.MapMethods(Authorize, GetAndPost, SignIn);
        app.MapMethods(EndSession, GetAndPost, () => Results.SignOut(new AuthenticationProperties { RedirectUri = "/" }, [Scheme]));
        app.MapGet("/", () => Results.Content(FrontPage(), "text/html;charset=utf-8"));
        app.MapPost(SignOutEverywhere, async (HttpRequest request, BackChannelLogout logout) =>
            SandboxUser.Find((await request.ReadFormAsync())[UserParameter]) is { } user && await logout.SendAsync(user.Id)
                ? Results.Text("Done: the gateway was notified.\n")
                : Results.Text("The gateway did not accept the notification.\n", statusCode: StatusCodes.Status502BadGateway));
    }

    private static IResult SignIn(HttpContext context)
    {
        var request = context.GetOpenIddictServerRequest()
            ?? throw new InvalidOperationException("OpenIddict did not handle this request.");
        if (SandboxUser.Find((string?)request[UserParameter]) is { } user)
        {
            return Results.SignIn(user.SignIn(request.GetScopes()), properties: null, Scheme);
        }

        // The provider keeps no sessions, so prompt=none never finds a signed-in user (OpenID Connect Core 1.0
        // §3.1.2.1).
        return request.HasPromptValue(PromptValues.None)
            ? Refuse(Errors.LoginRequired)
            : Results.Content(SignInPage(request), "text/html;charset=utf-8");
    }

    private static IResult Refuse(string error)
    {
        var items = new Dictionary<string, string?> { [OpenIddictServerAspNetCoreConstants.Properties.Error] = error };
        return Results.Forbid(new AuthenticationProperties(items), [Scheme]);
    }

    private static string FrontPage() => $"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Sandbox identity provider</title></head>
        <body><h1>Sandbox identity provider</h1>
        <p><a href="/.well-known/openid-configuration">Metadata</a></p>
        <p>End all sessions of a user (back-channel logout):</p>
        <form method="post" action="/{SignOutEverywhere}">{Buttons()}</form></body></html>
        """;

    private static string Buttons()
    {
        var html = HtmlEncoder.Default;
        return string.Concat(SandboxUser.All.Select(user =>
            $"""<p><button name="{UserParameter}" value="{html.Encode(user.Id)}">{html.Encode(user.Name)}</button></p>"""));
    }

    private static string SignInPage(OpenIddictRequest request)
    {
        var html = HtmlEncoder.Default;
        var fields = string.Concat(request.GetParameters()
            .Where(parameter => parameter.Key != UserParameter)
            .Select(parameter => (Name: html.Encode(parameter.Key), Value: html.Encode((string?)parameter.Value ?? "")))
            .Select(field => $"""<input type="hidden" name="{field.Name}" value="{field.Value}">"""));
        return $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Sandbox sign-in</title></head>
            <body><h1>Sandbox sign-in</h1><p>Sign in as:</p>
            <form action="/{Authorize}">{fields}{Buttons()}</form></body></html>
            """;
    }
}
