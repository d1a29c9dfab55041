using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace NclueGateway.Http.OpenApi;

/// <summary>The description of an endpoint. It is created with the document, because the start does not need it.</summary>
/// <param name="Create">
/// Creates metadata for the API explorer and <see cref="EndpointDescriptionFilter"/>, such as <see cref="ApiResponse"/>.
/// </param>
internal sealed record ApiOperation(Func<IEnumerable<object>> Create);

internal static class ApiOperationExtensions
{
    /// <summary>Adds metadata that only the document contains.</summary>
    public static void Describe(this IEndpointConventionBuilder endpoint, Func<IEnumerable<object>> metadata) =>
        endpoint.WithMetadata(new ApiOperation(metadata));
}

/// <summary>The endpoints of the gateway, with their descriptions as metadata.</summary>
internal sealed class DescribedEndpoints(EndpointDataSource endpoints) : EndpointDataSource
{
    public override IReadOnlyList<Endpoint> Endpoints { get; } = [.. endpoints.Endpoints.Select(Describe)];

    public override IChangeToken GetChangeToken() => NullChangeToken.Singleton;

    private static Endpoint Describe(Endpoint endpoint) => endpoint is RouteEndpoint route
        && endpoint.Metadata.GetOrderedMetadata<ApiOperation>() is { Count: > 0 } operations
            ? new RouteEndpoint(
                route.RequestDelegate!,
                route.RoutePattern,
                route.Order,
                new([.. route.Metadata, .. operations.SelectMany(operation => operation.Create())]),
                route.DisplayName)
            : endpoint;
}
