using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;
using NclueGateway.Access.Sessions;
using NclueGateway.Hosting;
using NclueGateway.Http;
using NclueGateway.Http.Pages;
using NclueGateway.Observability.Audit;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http;

/// <summary>The policy of every endpoint, as a committed table that a reviewer can read.</summary>
public sealed class EndpointPolicyTests
{
    [Fact]
    public async Task Every_endpoint_has_the_policy_that_the_committed_table_says()
    {
        await using var gateway = await SessionHost.StartAsync();
        var table = new StringBuilder("""
            # Endpoints and their policies

            Each endpoint has its policy where it is mapped, as metadata; no middleware compares paths. An endpoint without one is
            closed, and the test that writes this table (`EndpointPolicyTests`) fails. The responses that each kind of caller gets are
            in [AccessTable.txt](../src/Gateway.Tests/Access/AccessTable.txt).

            * *Methods*: `others` are all methods that no other row of the route names.
            * *Callers*: the permission or sign-in that is required. `anyone, identified` needs neither, but authenticates callers that
              send a token or a session cookie.
            * *X-CSRF*: a request with the session cookie needs the header. All endpoints that require sign-in require it.
              An EventSource cannot send it: GET from the same or an allowed origin is enough where the table says so.
              Neither can a navigation: a GET of a page changes nothing and no other site can read it.
            * *Session*: a request extends the session of its caller; of a page only a navigation that no other site has caused.
            * *Content security policy*: `pages` is that of the [pages for people](../src/Gateway/Http/Pages/PagesExtensions.cs). An empty
              cell is the strictest one.

            | route | methods | callers | rate limit | audit | X-CSRF | session | content security policy |
            |---|---|---|---|---|---|---|---|

            """);
        var endpoints = gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .OrderBy(endpoint => endpoint.RoutePattern.RawText, StringComparer.Ordinal).ThenBy(Methods, StringComparer.Ordinal).ToList();
        foreach (var endpoint in endpoints)
        {
            table.Append('|').AppendJoin('|', Row(endpoint).Select(cell => $" {cell} ".Replace("  ", " "))).Append("|\n");
        }

        await CommittedDocument.ShouldBeCommittedAsync(table.ToString(), "docs/endpoints.md");
    }

    private static IEnumerable<string> Row(RouteEndpoint endpoint)
    {
        var metadata = endpoint.Metadata;
        var isClosed = TokenCacheMiddleware.IsClosed(endpoint);
        yield return $"`{endpoint.RoutePattern.RawText}`";
        yield return Methods(endpoint);
        yield return Callers(endpoint);
        yield return metadata.GetMetadata<RateLimited>()?.Limit.ToString().ToLowerInvariant() ?? "";
        yield return metadata.GetMetadata<AuditedEndpoint>() is null ? "" : "yes";
        var isPage = metadata.GetMetadata<NavigationUse>() is not null;
        yield return !isClosed || isPage ? "" : metadata.GetMetadata<EventSourceUse>() is null ? "yes" : "yes, not for EventSource";
        yield return !isClosed ? "" : isPage ? "by navigation" : metadata.GetMetadata<SessionUse>() is not null ? "yes" : "";
        yield return metadata.GetMetadata<ContentSecurityPolicy>() switch
        {
            null => "",
            { Value: PagesExtensions.Policy } => "pages",
            _ => "own",
        };
    }

    private static string Methods(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IHttpMethodMetadata>() is { } methods ? string.Join(", ", methods.HttpMethods) : "others";

    private static string Callers(RouteEndpoint endpoint)
    {
        var metadata = endpoint.Metadata;
        var isOpen = metadata.GetMetadata<IAllowAnonymous>() is not null;
        (isOpen || metadata.GetMetadata<IAuthorizeData>() is not null).ShouldBeTrue(
            $"{endpoint.RoutePattern.RawText} has no policy and is closed.");
        return (isOpen, metadata.GetMetadata<OperationsEndpoint>(), metadata.GetMetadata<Permission>()) switch
        {
            (true, { IsPublic: false }, _) => "operators",
            (true, { IsPublic: true }, _) => "anyone, by any address",
            (true, _, _) => metadata.GetMetadata<OptionalAuthentication>() is null ? "anyone" : "anyone, identified",
            (false, _, { } permission) => "may " + permission.Description,
            _ => "signed in",
        };
    }
}
