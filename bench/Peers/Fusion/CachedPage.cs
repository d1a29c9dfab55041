namespace NclueGateway.Peers.Fusion;

/// <summary>A response of the origin.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="Headers">Its other header fields.</param>
/// <param name="Body">Its body.</param>
internal sealed record CachedPage(string? ContentType, KeyValuePair<string, string>[] Headers, byte[] Body)
{
    private static readonly string[] OfConnection = ["Date", "Connection", "Transfer-Encoding", "Server"];

    /// <summary>Reads a page from the origin.</summary>
    public static async Task<CachedPage> FetchAsync(HttpClient origin, string address, CancellationToken cancellation)
    {
        using var response = (await origin.GetAsync(address, cancellation)).EnsureSuccessStatusCode();
        return new(
            response.Content.Headers.ContentType?.ToString(),
            [
                .. response.Headers.NonValidated.Where(header => !OfConnection.Contains(header.Key, StringComparer.OrdinalIgnoreCase))
                    .Select(header => KeyValuePair.Create(header.Key, header.Value.ToString())),
            ],
            await response.Content.ReadAsByteArrayAsync(cancellation));
    }
}
