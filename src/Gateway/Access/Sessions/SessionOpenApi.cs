using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace NclueGateway.Access.Sessions;

/// <summary>Describes the parameters and responses of <see cref="SessionEndpoints"/>, and the security scheme of the cookie.</summary>
internal static class SessionOpenApi
{
    public const string SignInIsOff = " Where browser sign-in is off, the response is 404.";

    private static readonly ApiTag Tag = new("Session", "Sign-in and sign-out of a browser, where the gateway offers it.");

    private static readonly ApiHeader NoStore = new("Cache-Control", "Must not be stored by any cache.", "no-store");

    private static readonly ApiResponse Session =
        new(StatusCodes.Status200OK, "The session of the cookie.", typeof(SessionContract.Session))
        {
            Headers = [NoStore],
            Examples =
        [
            new("browser", "The session of the cookie.", new JsonObject
            {
                ["subject"] = "u-4711",
                ["name"] = "김하늘",
                ["permissions"] = new JsonArray("task-runs:read"),
                ["idleExpiresAt"] = "2026-11-25T10:00:00Z",
                ["absoluteExpiresAt"] = "2026-11-25T19:00:00Z",
            }),
        ],
        };

    private static readonly ApiResponse SignedOut =
        new(StatusCodes.Status200OK, "The session has ended.", typeof(SessionContract.SignedOut))
        {
            Headers =
        [
            NoStore,
            new("Clear-Site-Data", "Makes the browser discard the responses that it has stored.", "\"cache\""),
            new(
                "Set-Cookie",
                "Removes the cookie.",
                SessionId.CookieName + "=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; secure; samesite=lax; httponly"),
        ],
            Examples =
        [
            new("browser", "The session has ended.", new JsonObject
            {
                ["logoutUrl"] = "https://login.example.com/end-session?client_id=nclue-gateway",
            }),
        ],
        };

    private static readonly ApiResponse ToProvider = new(StatusCodes.Status302Found, "Redirect to the company's identity provider.")
    {
        Headers =
        [
            new("Cache-Control", "Must not be stored by any cache.", "no-cache,no-store"),
            new(
                "Location",
                "The provider's sign-in page.",
                "https://login.example.com/authorize?response_type=code&client_id=nclue-gateway"),
            new(
                "Set-Cookie",
                "Proves after the redirect back that this browser began the sign-in.",
                "__Host-nclue-correlation.x=N; path=/; secure; samesite=lax; httponly"),
        ],
    };

    public static void AddScheme(SwaggerGenOptions api) => api.AddSecurityDefinition(
        OpenApiDescription.SessionScheme,
        new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = SessionId.CookieName,
            Description = "A browser that has signed in at `/session/login`. Its scripts add the header `X-CSRF: 1`.",
        });

    public static void DescribeSession(this IEndpointConventionBuilder endpoint) => endpoint.DescribeForScripts(() => Session);

    public static void DescribeLogout(this IEndpointConventionBuilder endpoint) => endpoint.DescribeForScripts(() => SignedOut);

    public static void DescribeLogin(this IEndpointConventionBuilder endpoint) => endpoint.Describe(() =>
    [
        Tag,
        new ApiSecurity(),
        new OpenApiParameter
        {
            Name = "returnUrl",
            In = ParameterLocation.Query,
            Description = "A path of the gateway, or an address at one of the origins in Auth:AllowedOrigins.",
            Example = "/swagger/index.html",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri-reference", Default = "/" },
        },
        ToProvider,
        .. ProblemResponse.For(
            [
                HttpProblems.InvalidRequest, AccessProblems.SignInFailed, HttpProblems.NotFound, AccessProblems.CallerQuota,
                HttpProblems.InternalError, AccessProblems.SessionStoreUnavailable, HttpProblems.Draining,
            ],
            pages: [400, 429, 503]),
    ]);

    private static void DescribeForScripts(this IEndpointConventionBuilder endpoint, Func<ApiResponse> success) => endpoint.Describe(() =>
    [
        Tag,
        new ApiSecurity(OpenApiDescription.SessionScheme),
        ApiParameters.Csrf(true, "Shows that a script of an allowed origin sends the request."),
        success(),
        .. ProblemResponse.For(
        [
            AccessProblems.Unauthenticated, AccessProblems.CsrfHeaderMissing, HttpProblems.NotFound, AccessProblems.CallerQuota,
            HttpProblems.InternalError, AccessProblems.SessionStoreUnavailable, HttpProblems.Draining,
        ]),
    ]);
}
