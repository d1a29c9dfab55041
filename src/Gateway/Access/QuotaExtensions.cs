namespace NclueGateway.Access;

/// <summary>Where the two quotas stand in the request path.</summary>
internal static class QuotaExtensions
{
    /// <summary>Goes before authentication.</summary>
    public static IApplicationBuilder UseAnonymousQuota(this IApplicationBuilder app) => app.UseMiddleware<AnonymousQuota>();

    /// <summary>Goes after authentication, which says who the caller is, and before authorisation, whose refusals count.</summary>
    public static IApplicationBuilder UseCallerQuota(this IApplicationBuilder app) => app.UseMiddleware<CallerQuota>();
}
