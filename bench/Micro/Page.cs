using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace NclueGateway.Micro;

/// <summary>The page that all measurements of whole requests request: 20 runs of the first block.</summary>
internal static class Page
{
    public const string Path = "/api/task-runs";
    public const string Query = "?index=0&limit=20";

    /// <summary>Returns an in-memory request for the page.</summary>
    /// <param name="token">The caller's access token.</param>
    /// <param name="tag">The value of If-None-Match; null for none.</param>
    public static InMemoryRequest Request(string token, StringValues? tag = null)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        headers.Host = "gateway.example";
        headers.Authorization = $"Bearer {token}";
        if (tag is { } known)
        {
            headers.IfNoneMatch = known;
        }

        return new(Path, Query, headers);
    }

    /// <summary>Returns the bytes of a request for the page over a kept-alive connection.</summary>
    /// <param name="token">The caller's access token.</param>
    /// <param name="tag">The value of If-None-Match; null for none.</param>
    public static byte[] Bytes(string token, StringValues? tag = null)
    {
        return Bytes(Query, token, tag);
    }

    /// <summary>Returns the bytes of a request for the list with a query string.</summary>
    public static byte[] Bytes(string query, string token, StringValues? tag)
    {
        var condition = tag is { } known ? string.Create(CultureInfo.InvariantCulture, $"If-None-Match: {known}\r\n") : "";
        return Encoding.ASCII.GetBytes(
            $"GET {Path}{query} HTTP/1.1\r\nHost: gateway.example\r\nAuthorization: Bearer {token}\r\n{condition}\r\n");
    }
}

/// <summary>A response of an application, recorded to be sent again.</summary>
/// <param name="Status">The status.</param>
/// <param name="Headers">All header fields except those that the server itself adds.</param>
/// <param name="Body">The body.</param>
internal sealed record RecordedResponse(int Status, IReadOnlyList<KeyValuePair<string, StringValues>> Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>The entity tag.</summary>
    public StringValues Tag => Headers.Single(header => header.Key == "ETag").Value;

    /// <summary>Records the gateway's responses without and with the current tag.</summary>
    public static async Task<(RecordedResponse Page, RecordedResponse Unchanged)> OfGatewayAsync(Surroundings surroundings)
    {
        await using var gateway = await Measured.GatewayAsync(surroundings, hasAudit: false, inMemory: true);
        await OfAsync(gateway.Connection, Page.Request(surroundings.Tokens[0])); // fetches the block
        var page = await OfAsync(gateway.Connection, Page.Request(surroundings.Tokens[0]));
        return (page, await OfAsync(gateway.Connection, Page.Request(surroundings.Tokens[0], page.Tag)));
    }

    /// <summary>Records the response to a request.</summary>
    public static async Task<RecordedResponse> OfAsync(InMemoryConnection connection, InMemoryRequest request)
    {
        await connection.SendAsync(request);
        var response = connection.Response;
        return new(response.StatusCode, [.. response.Headers], response.Content.ToArray());
    }
}
