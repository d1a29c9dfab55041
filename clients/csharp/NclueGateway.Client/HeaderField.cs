using System.Globalization;

namespace NclueGateway.Client;

/// <summary>Reads lists in header fields: links (RFC 8288) and the status of caches (RFC 9211).</summary>
internal static class HeaderField
{
    /// <summary>Returns the target of the first link with a relation, unchanged; null if there is none.</summary>
    public static string? Link(IEnumerable<string> lines, string relation) => lines
        .SelectMany(line => Split(line, ','))
        .Select(link => Split(link, ';'))
        .Where(link => link[0] is ['<', .., '>'])
        .Where(link => Parameter(link, "rel")?.Split(' ').Contains(relation, StringComparer.OrdinalIgnoreCase) == true)
        .Select(link => link[0][1..^1])
        .FirstOrDefault();

    /// <summary>
    /// Returns the remaining seconds for which a cache calls its copy fresh, negative if it is stale; null if the cache
    /// does not specify it.
    /// </summary>
    public static long? Ttl(string cacheStatus, string cache) => Split(cacheStatus, ',')
        .Select(member => Split(member, ';'))
        .Where(member => member[0] == cache)
        .Select(member => Parameter(member, "ttl"))
        .Select(text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ttl) ? ttl : (long?)null)
        .FirstOrDefault();

    private static string? Parameter(List<string> member, string name) => member
        .Skip(1)
        .Select(parameter => parameter.Split('=', 2, StringSplitOptions.TrimEntries))
        .Where(parameter => parameter.Length == 2 && parameter[0].Equals(name, StringComparison.OrdinalIgnoreCase))
        .Select(parameter => parameter[1].Trim('"'))
        .FirstOrDefault();

    /// <summary>Splits a text into trimmed parts. A separator in quotes or angle brackets does not count.</summary>
    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        var start = 0;
        char? closing = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (closing is not null)
            {
                if (closing == '"' && text[i] == '\\')
                {
                    i++; // the next character is escaped
                }
                else if (text[i] == closing)
                {
                    closing = null;
                }
            }
            else if (text[i] is '"' or '<')
            {
                closing = text[i] == '<' ? '>' : '"';
            }
            else if (text[i] == separator)
            {
                parts.Add(text[start..i].Trim());
                start = i + 1;
            }
        }

        parts.Add(text[start..].Trim());
        return parts;
    }
}
