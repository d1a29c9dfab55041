using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace NclueGateway.Access;

/// <summary>The one place that decides what a signed-in caller may do. There is one permission: to read task runs.</summary>
internal sealed class Permissions(AuthOptions options)
{
    /// <summary>The policy of what everybody may do who has signed in, whatever else they may.</summary>
    public const string SignedIn = "signed-in";

    // RFC 8693 §4.2 and Microsoft Entra: one claim with several scopes, divided by spaces. The name of a role or group is a whole: it may
    // hold spaces.
    private static readonly string[] SpaceSeparated = ["scope", "scp"];

    /// <summary>Decides about a caller whose token or session is good.</summary>
    public SignedInCaller Decide(ClaimsPrincipal caller) => new(caller, CallerIdentity.From(caller, options), MayRead(caller));

    /// <summary>
    /// Whether the caller has <see cref="AuthOptions.ReadScope"/> and everything in <see cref="AuthOptions.RequiredClaims"/>.
    /// </summary>
    public bool MayRead(ClaimsPrincipal caller) =>
        options.RequiredClaims.All(required => caller.HasClaim(claim => claim.Type == required.Key && claim.Value == required.Value))
        && caller.HasClaim(Grants);

    private bool Grants(Claim claim) =>
        options.PermissionClaims.Contains(claim.Type)
        && (SpaceSeparated.Contains(claim.Type)
            ? claim.Value.Split(' ').Contains(options.ReadScope)
            : claim.Value == options.ReadScope);
}

/// <summary>Who may use an endpoint.</summary>
/// <param name="isMet">Whether the request is from one of them.</param>
internal sealed class CallerRequirement(Func<HttpContext, bool> isMet) : IAuthorizationRequirement
{
    public bool IsMetBy(HttpContext context) => isMet(context);
}

/// <summary>
/// Applies the requirements of an endpoint: the only place where a request is let through or not. The framework's own evaluator asks services for
/// handlers and these for each requirement, and tells of it in a scope and by metrics; ours are a question each.
/// </summary>
internal sealed class CallerEvaluator : IPolicyEvaluator
{
    private static readonly Task<AuthenticateResult> Nothing = Task.FromResult(AuthenticateResult.NoResult());
    private static readonly Task<PolicyAuthorizationResult> Granted = Task.FromResult(PolicyAuthorizationResult.Success());
    private static readonly Task<PolicyAuthorizationResult> Forbidden = Task.FromResult(PolicyAuthorizationResult.Forbid());
    private static readonly Task<PolicyAuthorizationResult> Challenged = Task.FromResult(PolicyAuthorizationResult.Challenge());

    /// <summary>Adds nothing to what is known of the caller: no policy names a scheme of its own.</summary>
    public Task<AuthenticateResult> AuthenticateAsync(AuthorizationPolicy policy, HttpContext context) => Nothing;

    /// <summary>Whether all requirements are met. One of another kind is met by nobody.</summary>
    public Task<PolicyAuthorizationResult> AuthorizeAsync(
        AuthorizationPolicy policy, AuthenticateResult authenticationResult, HttpContext context, object? resource)
    {
        for (var i = 0; i < policy.Requirements.Count; i++)
        {
            if (policy.Requirements[i] is not CallerRequirement requirement || !requirement.IsMetBy(context))
            {
                return context.User is SignedInCaller ? Forbidden : Challenged;
            }
        }

        return Granted;
    }
}

/// <summary>
/// Makes <see cref="Permissions"/> what every endpoint asks for that says <c>RequireAuthorization()</c>, and closes all that say nothing.
/// </summary>
internal static class PermissionsExtensions
{
    public static IServiceCollection AddPermissions(this IServiceCollection services)
    {
        services.AddSingleton<Permissions>();
        services.AddSingleton<IPolicyEvaluator, CallerEvaluator>(); // before the framework's own, so that it is asked
        services.AddAuthorizationBuilder()
            .SetDefaultPolicy(Policy(context => context.User is SignedInCaller { MayRead: true }))
            .AddPolicy(Permissions.SignedIn, Policy(context => context.User is SignedInCaller))
            .SetFallbackPolicy(Policy(context => OpenRoutes.Allow(context.GetEndpoint())));
        return services;
    }

    private static AuthorizationPolicy Policy(Func<HttpContext, bool> isMet) => new([new CallerRequirement(isMet)], []);
}
