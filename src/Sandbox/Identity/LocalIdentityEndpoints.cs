using System.Text.Encodings.Web;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace NclueGateway.Sandbox.Identity;

/// <summary>The two endpoints at which a person is present: sign-in, a page with a button for each user, and sign-out.</summary>
internal static class LocalIdentityEndpoints
{
    public const string Authorize = "connect/authorize";
    public const string Token = "connect/token";
    public const string UserInfo = "connect/userinfo";
    public const string EndSession = "connect/logout";

    /// <summary>Ends all sessions of a user, as an administrator of a provider does.</summary>
    public const string SignOutEverywhere = "sign-out-everywhere";

    /// <summary>The parameter of the authorization request that a button adds.</summary>
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
                ? Results.Text("Done: the gateway has been told.\n")
                : Results.Text("The gateway did not accept it.\n", statusCode: StatusCodes.Status502BadGateway));
    }

    private static IResult SignIn(HttpContext context)
    {
        var request = context.GetOpenIddictServerRequest()
            ?? throw new InvalidOperationException("OpenIddict did not see this request.");
        if (SandboxUser.Find((string?)request[UserParameter]) is { } user)
        {
            return Results.SignIn(user.SignIn(request.GetScopes()), properties: null, Scheme);
        }

        // Nobody stays signed in here, so there is nobody to go on with in silence.
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
        <p><a href="/.well-known/openid-configuration">Its metadata</a></p>
        <p>End all sessions of somebody (back-channel logout):</p>
        <form method="post" action="/{SignOutEverywhere}">{Buttons()}</form></body></html>
        """;

    private static string Buttons() => string.Concat(SandboxUser.All.Select(user =>
        $"""<p><button name="{UserParameter}" value="{HtmlEncoder.Default.Encode(user.Id)}">{HtmlEncoder.Default.Encode(user.Name)}</button></p>"""));

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
            <body><h1>Sandbox sign-in</h1><p>Who are you?</p>
            <form action="/{Authorize}">{fields}{Buttons()}</form></body></html>
            """;
    }
}
