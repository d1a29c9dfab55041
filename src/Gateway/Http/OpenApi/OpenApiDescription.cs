using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// The API's description: an OpenAPI 3.1 document at <c>/openapi/v1.json</c> and, if wanted, Swagger UI at <c>/swagger</c>.
/// </summary>
internal static class OpenApiDescription
{
    /// <summary>The name of the one security scheme.</summary>
    public const string SecurityScheme = "bearer";

    private const string Version = "v1";
    private const string DocumentRoute = "/openapi/{documentName}.json";

    // Swagger UI sets styles from its script and draws its icons from data addresses; nothing comes from elsewhere or goes elsewhere.
    private const string UiSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Wants a <see cref="PageDescription"/> among the services: the feature knows what its answers look like.</summary>
    public static IServiceCollection AddOpenApi(this IServiceCollection services, OpenApiOptions options) => services
        .AddSingleton(options)
        .AddEndpointsApiExplorer()
        .AddSwaggerGen(swagger =>
        {
            swagger.SwaggerDoc(Version, new OpenApiInfo
            {
                Title = "NclueGateway",
                Version = Version,
                Description =
                    "Reads the task runs of NAVER Cloud NCLUE for many callers with one key, within NCLUE's limit of one request per "
                    + "second. Every error is an RFC 9457 problem; [all of them](/problems).",
                License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
            });
            swagger.AddServer(new OpenApiServer { Url = "/" });
            swagger.AddSecurityDefinition(SecurityScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
                Description = "An access token of the company's identity provider for this gateway.",
            });
            swagger.SupportNonNullableReferenceTypes();
            swagger.UseInlineDefinitionsForEnums();
            swagger.IncludeXmlComments(typeof(OpenApiDescription).Assembly);
            swagger.SchemaFilter<ContractSchemas>();
            swagger.DocumentFilter<ListTaskRunsOperation>();
        });

    public static IEndpointRouteBuilder MapOpenApi(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapSwagger(DocumentRoute, document => document.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1);
        if (endpoints.ServiceProvider.GetRequiredService<OpenApiOptions>().UiEnabled)
        {
            endpoints
                .MapSwaggerUI("swagger", ui =>
                {
                    ui.DocumentTitle = "NclueGateway";
                    ui.SwaggerEndpoint($"../openapi/{Version}.json", Version);
                    ui.SupportedSubmitMethods(SubmitMethod.Get, SubmitMethod.Head);
                    ui.ConfigObject.PersistAuthorization = false; // a token must not outlive the tab it was pasted into
                })
                .Add(endpoint => endpoint.RequestDelegate = WithSecurityPolicy(endpoint.RequestDelegate!));
        }

        return endpoints;
    }

    private static RequestDelegate WithSecurityPolicy(RequestDelegate next) => context =>
    {
        context.Response.Headers.ContentSecurityPolicy = UiSecurityPolicy;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return next(context);
    };
}
