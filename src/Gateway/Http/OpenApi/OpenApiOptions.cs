namespace NclueGateway.Http.OpenApi;

/// <summary>How the API is described: the settings under <c>OpenApi</c>.</summary>
internal sealed class OpenApiOptions
{
    public const string Section = "OpenApi";

    /// <summary>Whether Swagger UI is served at <c>/swagger</c>. The document at <c>/openapi/v1.json</c> always is.</summary>
    /// <value>Default true.</value>
    public bool UiEnabled { get; set; } = true;
}
