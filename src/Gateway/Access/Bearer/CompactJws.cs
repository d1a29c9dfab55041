using System.Buffers.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Checks of a signed token that the library (8.19) does not make. It reads each part only up to the end of the first
/// JSON object, takes the last of two members with the same name, and ignores <c>crit</c>.
/// </summary>
internal static class CompactJws
{
    // RFC 7515 §4 and RFC 7519 §4: names are unique. Text after the object is an error by default.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Returns the reason to refuse a token before its signature is verified; null without one.</summary>
    /// <param name="token">The compact form (RFC 7515 §7.1); the library refuses any other number of parts.</param>
    public static Exception? Validate(string token)
    {
        if (token.Split('.', 4) is not [var headerPart, var payloadPart, _])
        {
            return null;
        }

        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(headerPart), Strict);
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(payloadPart), Strict);
            if (header.RootElement.ValueKind != JsonValueKind.Object || payload.RootElement.ValueKind != JsonValueKind.Object)
            {
                return new SecurityTokenMalformedException();
            }

            // RFC 7515 §4.1.11: the gateway supports no extension, so it refuses all that are critical. An empty list is an error too.
            return header.RootElement.TryGetProperty("crit", out _)
                ? new TokenRefusedException("The token requires an extension that the gateway does not support")
                : null;
        }
        catch (Exception unreadable) when (unreadable is FormatException or JsonException or InvalidOperationException)
        {
            return new SecurityTokenMalformedException();
        }
    }
}
