using System.Globalization;
using System.Text.Json;

namespace NclueGateway.Upstream;

/// <summary>
/// Finds the error code in the body of a refused call. NCP's layers each have an envelope of their own, under any content type and with
/// the code as a number or a string; a body in none of them has no code.
/// Source: https://api-gov.ncloud-docs.com/docs/api-call-lgc-errorhandling.
/// </summary>
internal static class NcpErrorCode
{
    private static readonly string[][] Places =
        [["error", "errorCode"], ["error", "code"], ["responseError", "returnCode"], ["errorCode"], ["code"], ["status", "code"]];

    /// <summary>The code, such as 200 (authentication failed) or 410 (throttled), which is not an HTTP status; null when there is none.</summary>
    public static int? Code(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Places.Select(place => Find(document.RootElement, place)).FirstOrDefault(code => code is not null);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // The latter for a name or a text that is not UTF-8 or holds half a character: it is found only when it is looked at.
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
            JsonValueKind.String when int.TryParse(element.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
            _ => null,
        };
    }
}
