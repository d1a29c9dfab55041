namespace NclueGateway.Http.OpenApi;

/// <summary>The API's description: the settings under <c>OpenApi</c>.</summary>
internal sealed class OpenApiOptions
{
    public const string Section = "OpenApi";

    /// <summary>True if Swagger UI is served at <c>/swagger</c>. The document at <c>/openapi/v1.json</c> is always served.</summary>
    /// <value>Default true.</value>
    public bool UiEnabled { get; set; } = true;
}
