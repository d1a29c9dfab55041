using System.Globalization;
using System.Text.Json;

namespace NclueGateway.Upstream;

/// <summary>
/// Finds the error code in the body of a refused request. Each layer of NCP has its own envelope, with any content
/// type, and writes the code as a number or a string. A body without such an envelope has no code. Source:
/// https://api-gov.ncloud-docs.com/docs/api-call-lgc-errorhandling.
/// </summary>
internal static class NcpErrorCode
{
    private static readonly string[][] Places =
        [["error", "errorCode"], ["error", "code"], ["responseError", "returnCode"], ["errorCode"], ["code"], ["status", "code"]];

    /// <summary>
    /// Returns the code, such as 200 (authentication failed) or 410 (throttled), which is not an HTTP status; null when there is none.
    /// </summary>
    public static int? Code(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Places.Select(place => Find(document.RootElement, place)).FirstOrDefault(code => code is not null);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a name or a text is not UTF-8, or holds half a surrogate pair. Parsing does not detect it.
            return null;
        }
    }

    private static int? Find(JsonElement element, string[] place)
    {
        foreach (var name in place)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element.ValueKind switch
        {
            JsonValueKind.Number when element.TryGetInt32(out var number) => number,
            JsonValueKind.String when int.TryParse(
                element.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
            _ => null,
        };
    }
}
