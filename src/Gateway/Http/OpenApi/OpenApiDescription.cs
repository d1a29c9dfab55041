using Microsoft.OpenApi;

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

    /// <param name="endpoints">Where it is mapped.</param>
    /// <param name="hasSignIn">Whether browser sign-in is on, so that Swagger UI offers it.</param>
    public static IEndpointRouteBuilder MapOpenApi(this IEndpointRouteBuilder endpoints, bool hasSignIn = false)
    {
        endpoints.MapSwagger(DocumentRoute, document => document.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1);
        if (endpoints.ServiceProvider.GetRequiredService<OpenApiOptions>().UiEnabled)
        {
            endpoints.MapUi(hasSignIn);
        }

        return endpoints;
    }
}
