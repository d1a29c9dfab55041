namespace NclueGateway.Http;

/// <summary>How the gateway is reached: the settings under <c>Http</c>.</summary>
internal sealed class HttpOptions
{
    public const string Section = "Http";

    /// <value>The origin at which browsers find the gateway. Default none.</value>
    public string PublicOrigin { get; set; } = "";
}
