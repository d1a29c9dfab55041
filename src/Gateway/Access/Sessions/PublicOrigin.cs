using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>Where browsers find the gateway: <c>Http:PublicOrigin</c>, or, while developing, wherever the request went.</summary>
internal sealed class PublicOrigin(HttpOptions options)
{
    /// <summary>The origin, without a slash at the end.</summary>
    public string Of(HttpRequest request) => options.PublicOrigin.Length > 0 ? options.PublicOrigin : $"{request.Scheme}://{request.Host}";
}
