using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// Reads text and whole numbers from JSON (RFC 8259), so that malformed text of one run does not make a whole block
/// unreadable.
/// </summary>
/// <remarks>
/// <see cref="JsonElement.GetString"/> throws on invalid UTF-8 and on a lone surrogate escape (<c>\ud800</c>). Here each
/// becomes U+FFFD before the JSON is parsed.
/// </remarks>
internal static partial class JsonText
{
    /// <summary>Parses JSON, strictly by RFC 8259: no comments, no trailing commas, nothing after the value.</summary>
    /// <exception cref="JsonException">It is not JSON, or too deeply nested.</exception>
    public static JsonDocument Parse(ReadOnlySpan<byte> utf8) => JsonDocument.Parse(
        Escape().Replace(Encoding.UTF8.GetString(utf8), escape => escape.Groups["lone"].Success ? @"\ufffd" : escape.Value));

    /// <summary>
    /// Returns a string or a number as text, as it is written; null for every other kind, for an empty string and
    /// without the property. Of properties with the same name the last one counts.
    /// </summary>
    public static string? Read(JsonElement item, string name) => item.TryGetProperty(name, out var value)
        ? value.ValueKind switch
        {
            JsonValueKind.String when value.GetString() is { Length: > 0 } text => text,
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        }
        : null;

    /// <summary>
    /// Returns the value as a count, 0 to 2⁶³ − 1: a number without a fraction (12, 12.0, 1e2) or a string of digits;
    /// otherwise null.
    /// </summary>
    public static long? ReadCount(JsonElement item, string name)
    {
        var isNumber = item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number;
        var style = isNumber ? NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent : NumberStyles.None;
        return long.TryParse(Read(item, name), style, CultureInfo.InvariantCulture, out var count) ? count : null;
    }

    // A surrogate pair, a surrogate without the other half, or another escape.
    [GeneratedRegex(
        @"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Escape();
}
