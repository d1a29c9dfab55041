using System.Globalization;

namespace NclueGateway.Client;

/// <summary>Reads lists that stand in header fields: links (RFC 8288) and what caches did (RFC 9211).</summary>
internal static class HeaderField
{
    /// <summary>The target of the first link with a relation, as it stands there; null when there is none.</summary>
    public static string? Link(IEnumerable<string> lines, string relation) => lines
        .SelectMany(line => Split(line, ','))
        .Select(link => Split(link, ';'))
        .Where(link => link[0] is ['<', .., '>'])
        .Where(link => Parameter(link, "rel")?.Split(' ').Contains(relation, StringComparer.OrdinalIgnoreCase) == true)
        .Select(link => link[0][1..^1])
        .FirstOrDefault();

    /// <summary>For how many seconds more a cache calls its copy fresh (negative: since when it is stale); null where it does not say.</summary>
    public static long? Ttl(string cacheStatus, string cache) => Split(cacheStatus, ',')
        .Select(member => Split(member, ';'))
        .Where(member => member[0] == cache)
        .Select(member => long.TryParse(Parameter(member, "ttl"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ttl) ? ttl : (long?)null)
        .FirstOrDefault();

    private static string? Parameter(List<string> member, string name) => member
        .Skip(1)
        .Select(parameter => parameter.Split('=', 2, StringSplitOptions.TrimEntries))
        .Where(parameter => parameter.Length == 2 && parameter[0].Equals(name, StringComparison.OrdinalIgnoreCase))
        .Select(parameter => parameter[1].Trim('"'))
        .FirstOrDefault();

    /// <summary>The parts between separators, without blanks around them; a separator in quotes or angle brackets is none.</summary>
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
                    i++; // what comes next is escaped
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
