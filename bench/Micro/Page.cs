using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace NclueGateway.Micro;

/// <summary>The page that is asked for in all measurements of whole requests: 20 runs of the first block.</summary>
internal static class Page
{
    public const string Path = "/api/task-runs";
    public const string Query = "?index=0&limit=20";

    /// <summary>Asks for it in memory.</summary>
    /// <param name="token">The caller's.</param>
    /// <param name="tag">The tag of the copy that the caller has; null for none.</param>
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

    /// <summary>Asks for it over a connection that stays open.</summary>
    /// <param name="token">The caller's.</param>
    /// <param name="tag">The tag of the copy that the caller has; null for none.</param>
    public static byte[] Bytes(string token, StringValues? tag = null)
    {
        var condition = tag is { } known ? string.Create(CultureInfo.InvariantCulture, $"If-None-Match: {known}\r\n") : "";
        return Encoding.ASCII.GetBytes($"GET {Path}{Query} HTTP/1.1\r\nHost: gateway.example\r\nAuthorization: Bearer {token}\r\n{condition}\r\n");
    }
}

/// <summary>What an application has answered, to be answered again.</summary>
/// <param name="Status">The status.</param>
/// <param name="Headers">All header fields but those of the server itself.</param>
/// <param name="Body">The body.</param>
internal sealed record RecordedAnswer(int Status, IReadOnlyList<KeyValuePair<string, StringValues>> Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>The entity tag.</summary>
    public StringValues Tag => Headers.Single(header => header.Key == "ETag").Value;

    /// <summary>What the gateway answers to a caller without a copy, and to one with a copy.</summary>
    public static async Task<(RecordedAnswer Page, RecordedAnswer Unchanged)> OfGatewayAsync(Surroundings surroundings)
    {
        await using var gateway = await Measured.GatewayAsync(surroundings, hasAudit: false, inMemory: true);
        await OfAsync(gateway.Connection, Page.Request(surroundings.Tokens[0])); // fetches the block
        var page = await OfAsync(gateway.Connection, Page.Request(surroundings.Tokens[0]));
        return (page, await OfAsync(gateway.Connection, Page.Request(surroundings.Tokens[0], page.Tag)));
    }

    /// <summary>What is answered to a request.</summary>
    public static async Task<RecordedAnswer> OfAsync(InMemoryConnection connection, InMemoryRequest request)
    {
        await connection.SendAsync(request);
        var response = connection.Response;
        return new(response.StatusCode, [.. response.Headers], response.Content.ToArray());
    }
}
