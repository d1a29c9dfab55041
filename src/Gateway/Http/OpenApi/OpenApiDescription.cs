using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// The API's description: an OpenAPI 3.1 document at <c>/openapi/v1.json</c> and, if enabled, Swagger UI at
/// <c>/swagger</c>. Except for the path in <see cref="HttpOptions.PathBase"/> it is the same for every installation, so
/// that clients are generated from it once. Operations are described where their endpoints are mapped.
/// </summary>
internal static class OpenApiDescription
{
    /// <summary>The name of the document.</summary>
    public const string Version = "v1";

    /// <summary>The security scheme of callers with an access token.</summary>
    public const string BearerScheme = "bearer";

    /// <summary>The security scheme of browsers.</summary>
    public const string SessionScheme = "session";

    /// <summary>Describes all endpoints that are not excluded from the description.</summary>
    public static IServiceCollection AddApiDescription(this IServiceCollection services, OpenApiOptions options) => services
        .AddSingleton(options)
        .AddSingleton<OpenApiDocumentCache>();

    /// <summary>
    /// Creates the services that write the document, for the one time that it is written. So neither the start nor the memory of a gateway
    /// pays for them.
    /// </summary>
    /// <param name="app">The services of the gateway.</param>
    public static ServiceProvider CreateServices(IServiceProvider app)
    {
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(app.GetRequiredService<ILoggerFactory>())
            .AddSingleton(app.GetRequiredService<IWebHostEnvironment>())
            .AddSingleton<IHostEnvironment>(app.GetRequiredService<IWebHostEnvironment>())
            .AddRouting()
            .AddSingleton<EndpointDataSource>(new DescribedEndpoints(app.GetRequiredService<EndpointDataSource>()))
            .AddEndpointsApiExplorer();
        foreach (var part in app.GetServices<IConfigureOptions<SwaggerGenOptions>>())
        {
            services.AddSingleton(part);
        }

        return services.AddSwaggerGen(Describe).BuildServiceProvider();
    }

    /// <summary>Maps the document and, if enabled, Swagger UI.</summary>
    /// <param name="endpoints">The routes of the gateway.</param>
    /// <param name="hasSignIn">True if browser sign-in is on, so that Swagger UI offers it.</param>
    public static void MapApiDescription(this IEndpointRouteBuilder endpoints, bool hasSignIn = false)
    {
        endpoints
            .MapMethods(OpenApiDocumentCache.Route, [HttpMethods.Get, HttpMethods.Head], OpenApiDocumentCache.HandleAsync)
            .AllowAnonymous()
            .ExcludeFromDescription();
        if (endpoints.ServiceProvider.GetRequiredService<OpenApiOptions>().UiEnabled)
        {
            endpoints.MapUi(hasSignIn);
        }
    }

    private static void Describe(SwaggerGenOptions swagger)
    {
        swagger.SwaggerDoc(Version, new OpenApiInfo
        {
            Title = "NclueGateway",
            Version = typeof(OpenApiDescription).Assembly.GetName().Version!.ToString(3), // of Directory.Build.props
            Summary = "The task runs of NAVER Cloud NCLUE, for many callers.",
            Description =
                "Reads the task runs of NAVER Cloud NCLUE for many callers with one key, within NCLUE's limit of one "
                + "request per second. Every error is an RFC 9457 problem; see [the list of problems](/problems). Each "
                + "property of a response is always present; its value is null if there is none. Ignore unknown "
                + "properties: a later version may add some.",
            Contact = new OpenApiContact { Name = "The NclueGateway authors" },
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        });
        swagger.AddServer(new OpenApiServer { Url = "/", Description = "The gateway that serves this document." });
        swagger.AddSecurityDefinition(BearerScheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "An access token of the company's identity provider for this gateway (RFC 6750).",
        });
        swagger.MapType<PathString>(() => new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri-reference" });
        swagger.CustomSchemaIds(type => type.Name.Replace("Response", "", StringComparison.Ordinal));
        swagger.OrderActionsBy(operation => operation.RelativePath);
        swagger.SupportNonNullableReferenceTypes();
        swagger.IncludeXmlComments(typeof(OpenApiDescription).Assembly);
        swagger.SchemaFilter<NullableSchemaFilter>();
        swagger.OperationFilter<EndpointDescriptionFilter>();
    }
}
