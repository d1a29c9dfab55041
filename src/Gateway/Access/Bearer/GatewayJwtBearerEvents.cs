using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using NclueGateway.Access.Callers;
using NclueGateway.Http;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Decides which caller a bearer token identifies, and writes the gateway's 401 and 403: <c>WWW-Authenticate</c> after
/// RFC 6750 §3, and a problem. It replaces the framework's descriptions, because they quote the token (its audience,
/// issuer and times).
/// </summary>
internal sealed class GatewayJwtBearerEvents(
    AuthOptions options, Permissions permissions, TokenCache validated, OidcMetadataCache keys, SignInAddress signIn)
    : JwtBearerEvents
{
    private const string Scheme = "Bearer ";
    private const int LongestHeader = 7 + TokenCache.LongestToken;

    public override Task MessageReceived(MessageReceivedContext context)
    {
        var authorization = context.Request.Headers.Authorization;
        if (authorization.Count > 1)
        {
            context.Fail(new TokenRefusedException("More than one Authorization header"));
        }
        else if (authorization is [{ Length: > LongestHeader } value] && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            context.Fail(new TokenRefusedException("The token is longer than 16 kB"));
        }

        return Task.CompletedTask;
    }

    public override Task TokenValidated(TokenValidatedContext context)
    {
        // The library's identity keeps a reference to the token that it was read from.
        var identity = (ClaimsIdentity)context.Principal!.Identity!;
        var claims = new ClaimsIdentity(identity.Claims, identity.AuthenticationType, identity.NameClaimType, identity.RoleClaimType);
        var caller = permissions.Decide(new(claims));
        validated.Keep((JsonWebToken)context.SecurityToken, caller);
        context.Principal = caller;
        return Task.CompletedTask;
    }

    public override Task Challenge(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        var (challenge, detail) = context.AuthenticateFailure switch
        {
            null => ("Bearer", "Send an access token in the Authorization header."),
            TokenUncheckedException => (
                "Bearer",
                "The gateway cannot check tokens now: "
                    + (options.Egress.Describe(keys.Failure) ?? "the identity provider does not respond")
                    + ". Try again in some seconds."),
            var failure => InvalidToken(Describe(failure)),
        };

        context.Response.Headers.WWWAuthenticate = challenge;
        return new ProblemResult(AccessProblems.Unauthenticated) { Detail = detail, Login = signIn.Path }
            .ExecuteAsync(context.HttpContext);
    }

    public override Task Forbidden(ForbiddenContext context)
    {
        // An endpoint without a policy is closed, and no scope opens it.
        var scope = context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<Permission>()?.GetScope(options) ?? "";
        context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{scope}\"";
        var detail = $"The access token does not grant {scope}, or lacks a claim that this gateway requires.";
        return new ProblemResult(AccessProblems.Forbidden) { Detail = detail }.ExecuteAsync(context.HttpContext);
    }

    private static (string Challenge, string Detail) InvalidToken(string description) =>
        ($"Bearer error=\"invalid_token\", error_description=\"{description}\"", description + ".");

    // The order matters: some of these derive from others.
    private static string Describe(Exception failure) => failure switch
    {
        TokenRefusedException refused => refused.Message,
        SecurityTokenExpiredException => "The token has expired",
        SecurityTokenNotYetValidException => "The token is not valid yet",
        SecurityTokenNoExpirationException => "The token has no expiry",
        SecurityTokenInvalidAudienceException => "The token is meant for another audience",
        SecurityTokenInvalidIssuerException => "The token comes from another issuer",
        SecurityTokenSignatureKeyNotFoundException => "The token is signed with an unknown key",
        SecurityTokenInvalidSignatureException or SecurityTokenInvalidAlgorithmException => "The token's signature is not valid",
        _ => "The token cannot be read",
    };
}

/// <summary>The path at which a browser signs in.</summary>
/// <param name="Path">The path; null without browser sign-in.</param>
internal sealed record SignInAddress(string? Path);
