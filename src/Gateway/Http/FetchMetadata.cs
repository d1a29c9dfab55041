namespace NclueGateway.Http;

/// <summary>
/// Headers with which browsers describe a request (https://w3c.github.io/webappsec-fetch-metadata/). Scripts cannot set them
/// (https://fetch.spec.whatwg.org/#forbidden-request-header).
/// </summary>
internal static class FetchMetadata
{
    /// <summary>The relation of the origin of a request to its target.</summary>
    public const string Site = "Sec-Fetch-Site";

    /// <summary>The mode of a request: <c>navigate</c> for one that loads a page.</summary>
    public const string Mode = "Sec-Fetch-Mode";
}
