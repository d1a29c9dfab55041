using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using static NclueGateway.Http.OpenApi.Describe;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Describes <see cref="SessionEndpoints"/>, but for what only the identity provider calls, and the security scheme of the cookie. They are
/// described whether or not browser sign-in is on.
/// </summary>
internal sealed class SessionOperations : IDocumentFilter
{
    private const string Tag = "Session";
    private const string SignInIsOff = " Where browser sign-in is off there is no such address (404).";

    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        swaggerDoc.Components ??= new();
        swaggerDoc.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        swaggerDoc.Components.SecuritySchemes[OpenApiDescription.SessionScheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = SessionId.CookieName,
            Description = "A browser that has signed in at `/session/login`. Its scripts add the header `X-CSRF: 1`.",
        };
        swaggerDoc.Tags ??= new HashSet<OpenApiTag>();
        swaggerDoc.Tags.Add(new() { Name = Tag, Description = "Sign-in and sign-out of a browser, where the gateway offers it." });
        Add(swaggerDoc, SessionEndpoints.Session, HttpMethod.Get, Describing(swaggerDoc, context));
        Add(swaggerDoc, SessionEndpoints.Login, HttpMethod.Get, Login(swaggerDoc));
        Add(swaggerDoc, SessionEndpoints.Logout, HttpMethod.Post, Logout(swaggerDoc, context));
    }

    private static void Add(OpenApiDocument document, string path, HttpMethod method, OpenApiOperation operation)
    {
        operation.Tags = new HashSet<OpenApiTagReference> { new(Tag, document) };
        operation.Description += SignInIsOff;
        document.Paths[path] = new OpenApiPathItem { Operations = new() { [method] = operation } };
    }

    private static OpenApiOperation Describing(OpenApiDocument document, DocumentFilterContext context) => new()
    {
        OperationId = "getSession",
        Summary = "Who is signed in",
        Description = "Does not extend the session.",
        Parameters = [CsrfHeader(true, "Says that a script of an allowed origin asks.")],
        Security = AnyOf(document, OpenApiDescription.SessionScheme),
        Responses = OfSession(
            document,
            "The session of the cookie.",
            new() { ["Cache-Control"] = Header("Nobody keeps it.", "no-store") },
            context.SchemaGenerator.GenerateSchema(typeof(SessionContract.Session), context.SchemaRepository),
            new JsonObject
            {
                ["subject"] = "u-4711",
                ["name"] = "김하늘",
                ["permissions"] = new JsonArray("task-runs:read"),
                ["idleExpiresAt"] = "2026-11-25T10:00:00Z",
                ["absoluteExpiresAt"] = "2026-11-25T19:00:00Z",
            }),
    };

    private static OpenApiOperation Logout(OpenApiDocument document, DocumentFilterContext context) => new()
    {
        OperationId = "logout",
        Summary = "Sign out",
        Description = "Ends the session of the cookie, on every replica.",
        Parameters = [CsrfHeader(true, "Says that a script of an allowed origin asks.")],
        Security = AnyOf(document, OpenApiDescription.SessionScheme),
        Responses = OfSession(
            document,
            "The session has ended.",
            new()
            {
                ["Cache-Control"] = Header("Nobody keeps it.", "no-store"),
                ["Clear-Site-Data"] = Header("Has the browser forget the answers it keeps.", "\"cache\""),
                ["Set-Cookie"] = Header("Removes the cookie.", SessionId.CookieName + "=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; secure; samesite=lax; httponly"),
            },
            context.SchemaGenerator.GenerateSchema(typeof(SessionContract.SignedOut), context.SchemaRepository),
            new JsonObject { ["logoutUrl"] = "https://login.example.com/end-session?client_id=nclue-gateway" }),
    };

    private static OpenApiOperation Login(OpenApiDocument document)
    {
        var responses = new OpenApiResponses
        {
            ["302"] = new OpenApiResponse
            {
                Description = "To the company's identity provider.",
                Headers = new Dictionary<string, IOpenApiHeader>
                {
                    ["Cache-Control"] = Header("Nobody keeps it.", "no-cache,no-store"),
                    ["Location"] = Header("The provider's sign-in page.", "https://login.example.com/authorize?response_type=code&client_id=nclue-gateway"),
                    ["Set-Cookie"] = Header("What the browser proves on its return that it began here.", "__Host-nclue-correlation.x=N; path=/; secure; samesite=lax; httponly"),
                },
            },
        };
        ProblemSchema.AddTo(
            responses,
            document,
            [
                Problems.InvalidRequest, Problems.SignInFailed, Problems.NotFound, Problems.CallerQuota, Problems.InternalError,
                Problems.SessionStoreUnavailable, Problems.Draining,
            ]);
        foreach (var status in (string[])["400", "429", "503"])
        {
            responses[status].Content!["text/html"] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }

        responses["default"] = ProblemSchema.Other(document); // there is no 2xx, and linters want to know what else there is
        return new OpenApiOperation
        {
            OperationId = "login",
            Summary = "Sign in",
            Description = "For navigation, not for scripts. Leads to the company's identity provider and from there to `returnUrl`, signed in. A browser "
                + "that asks for HTML gets a page in place of a problem.",
            Parameters =
            [
                new OpenApiParameter
                {
                    Name = "returnUrl",
                    In = ParameterLocation.Query,
                    Description = "A path of the gateway, or an address at one of the origins in Auth:AllowedOrigins.",
                    Example = "/swagger/index.html",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri-reference", Default = "/" },
                },
            ],
            Security = [],
            Responses = responses,
        };
    }

    private static OpenApiResponses OfSession(
        OpenApiDocument document, string description, Dictionary<string, IOpenApiHeader> headers, IOpenApiSchema schema, JsonNode example)
    {
        var responses = new OpenApiResponses
        {
            ["200"] = new OpenApiResponse { Description = description, Headers = headers, Content = Json(schema, ("browser", description, example)) },
        };
        ProblemSchema.AddTo(
            responses,
            document,
            [
                Problems.Unauthenticated, Problems.CsrfHeaderMissing, Problems.NotFound, Problems.CallerQuota, Problems.InternalError,
                Problems.SessionStoreUnavailable, Problems.Draining,
            ]);
        return responses;
    }
}
