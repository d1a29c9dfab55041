using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;

namespace NclueGateway.Operations;

/// <summary>
/// Takes secrets out of text that is about to be logged: the values of the settings that are secret, also as JSON and URLs write them, and
/// whatever looks like a key of NCP, a JWT, credentials in an Authorization header, a session cookie or a secret in a query. Text without any of
/// them costs two searches and stays as it is.
/// </summary>
internal sealed partial class Redactor
{
    /// <summary>What stands in a secret's place.</summary>
    public const string Mark = "[redacted]";

    /// <summary>
    /// The length from which a value is looked for, in characters. A shorter one would be found in ordinary words, which would then give it away.
    /// </summary>
    public const int ShortestSecret = 6;

    /// <summary>The length from which a single line of a longer secret (PEM) is one by itself, in characters.</summary>
    private const int ShortestLine = 40;

    /// <summary>What every <see cref="Pattern"/> begins with or holds, to be looked for before it.</summary>
    private static readonly SearchValues<string> Hints = SearchValues.Create(
        ["ncp_iam_", "eyJ", "bearer", "basic", "__Host-", "code=", "state=", "token=", "secret=", "hint="], StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<char> UpperHex = SearchValues.Create("0123456789ABCDEF");

    private readonly Lock _lock = new();
    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);
    private volatile Forms _inText = new([]);
    private volatile Forms _inJson = new([]);

    /// <summary>
    /// Takes the values that are secret from now on. Those from before are still looked for: a key that has been rotated out may be in an answer
    /// that is under way, and need not be worthless.
    /// </summary>
    public void Replace(IEnumerable<string> secrets)
    {
        lock (_lock)
        {
            _secrets.UnionWith(secrets.SelectMany(Parts).Where(secret => secret.Length >= ShortestSecret));
            var written = _secrets.SelectMany(Written).ToList();
            _inJson = new(written.Select(InQuotes));
            _inText = new(written.Concat(written.Select(InQuotes)));
        }
    }

    /// <summary><paramref name="text"/> without secrets; null when there is none in it.</summary>
    public string? InText(ReadOnlySpan<char> text) => Redact(text, _inText, isJson: false);

    /// <summary>
    /// <paramref name="json"/> without secrets; null when there is none in it. What was JSON still is, also when a secret was a number. Its strings
    /// are taken to be escaped as Serilog does it: quotes, backslashes and control characters, and nothing else.
    /// </summary>
    public string? InJson(ReadOnlySpan<char> json) => Redact(json, _inJson, isJson: true);

    private static string? Redact(ReadOnlySpan<char> text, Forms secrets, bool isJson) =>
        secrets.AreIn(text) || text.ContainsAny(Hints) ? Redact(text.ToString(), secrets, isJson) : null;

    private static string? Redact(string text, Forms secrets, bool isJson)
    {
        var found = new List<Range>();
        secrets.Find(text, found);
        if (text.AsSpan().ContainsAny(Hints))
        {
            found.AddRange(Pattern().Matches(text).Where(match => match.Groups["long"].Success || IsToken(match.Groups["token"].ValueSpan))
                .Select(match => match.Groups["token"].Success ? match.Groups["token"] : match.Groups["long"])
                .Select(secret => secret.Index..(secret.Index + secret.Length)));
        }

        return found.Count == 0 ? null : Cut(text, found.OrderBy(range => range.Start.Value), isJson);
    }

    private static string Cut(string text, IEnumerable<Range> found, bool isJson)
    {
        var redacted = new StringBuilder(text.Length);
        var json = new JsonPlace(text);
        var copied = 0;
        foreach (var range in found)
        {
            var (start, end, mark) = (range.Start.Value, range.End.Value, Mark);
            if (isJson && !json.MoveTo(start))
            {
                continue; // the second half of an escape: it is part of another character
            }

            if (isJson && !json.IsInString)
            {
                // A number that is a secret, or holds it: JSON has no other place for our mark than a string.
                (start, end) = json.Widen(start, end);
                mark = $"\"{Mark}\"";
                if (start == end)
                {
                    continue;
                }
            }

            if (start >= copied)
            {
                redacted.Append(text, copied, start - copied).Append(mark);
            }

            copied = Math.Max(copied, end); // secrets that overlap are one
        }

        return redacted.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>A secret, and what of it may be seen by itself.</summary>
    private static IEnumerable<string> Parts(string secret) =>
        secret.Split('\n').Select(line => line.Trim())
            .Where(line => line.Length >= ShortestLine && !line.StartsWith("---", StringComparison.Ordinal))
            .Prepend(secret.Trim());

    /// <summary>How a value may be written: as such, in JSON by .NET's encoders, in a URL, in a form, and by Serilog in quotes.</summary>
    private static IEnumerable<string> Written(string secret)
    {
        string[] forms =
        [
            secret,
            JavaScriptEncoder.Default.Encode(secret),
            JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret),
            Uri.EscapeDataString(secret),
            WebUtility.UrlEncode(secret),
            secret.Replace("\"", "\\\"", StringComparison.Ordinal),
            secret.ReplaceLineEndings("\\n"),
        ];
        return forms.Concat(forms.Select(InLowerHex)).Append(InQuotes(secret)).Distinct();
    }

    /// <summary>With the hex digits of escapes (<c>%2F</c>, <c>\u002F</c>) in lower case: both are in use.</summary>
    private static string InLowerHex(string text)
    {
        var lower = text.ToCharArray();
        for (var at = 0; at < lower.Length; at++)
        {
            var digits = lower[at] == '%' ? 2 : lower[at] == '\\' && text.AsSpan(at + 1).StartsWith("u") ? 4 : 0;
            var start = at + (digits == 4 ? 2 : 1);
            if (digits > 0 && start + digits <= lower.Length && !text.AsSpan(start, digits).ContainsAnyExcept(UpperHex))
            {
                text.AsSpan(start, digits).ToLowerInvariant(lower.AsSpan(start));
            }
        }

        return new string(lower);
    }

    /// <summary>As Serilog writes it within a string of JSON.</summary>
    private static string InQuotes(string text)
    {
        var quoted = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\f' => "\\f",
                '\t' => "\\t",
                < ' ' => $"\\u{(int)c:X4}",
                _ => c.ToString(),
            });
        }

        return quoted.ToString();
    }

    /// <summary>Whether what follows a scheme such as <c>Bearer</c> is credentials rather than the next word of a sentence.</summary>
    private static bool IsToken(ReadOnlySpan<char> word) => word.Length >= 24 || word.ContainsAnyInRange('0', '9');

    // What is secret is in a group: "long" whatever it is, "token" if it looks like one. Nothing here matches a quote or a space inside of it.
    [GeneratedRegex(
        """
        (?<long>ncp_iam_[A-Za-z0-9_-]+)
        | (?<long>eyJ[A-Za-z0-9_-]{12,}(\.[A-Za-z0-9_-]*){0,4})
        | ([Bb]earer|BEARER|[Bb]asic|BASIC)([ ]|%20|\+)+(?<token>([A-Za-z0-9._~+/=-]|\\{1,2}u00[0-9A-Fa-f]{2}){8,})
        | __Host-[A-Za-z0-9_.-]{1,64}=(?<long>[^;,\s"\\]+)
        | [?&](code|state|token|(id|access|refresh|logout)_token|id_token_hint|client_secret)=(?<long>[^&\s"\\]+)
        """,
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Pattern();

    /// <summary>Ways to write secrets, made ready to be found.</summary>
    private sealed class Forms
    {
        private readonly string[] _longestFirst;
        private readonly SearchValues<string> _any;

        public Forms(IEnumerable<string> forms)
        {
            _longestFirst = [.. forms.Distinct(StringComparer.Ordinal).OrderByDescending(form => form.Length)];
            _any = SearchValues.Create(_longestFirst, StringComparison.Ordinal);
        }

        public bool AreIn(ReadOnlySpan<char> text) => text.ContainsAny(_any);

        /// <summary>Adds where one begins and ends, also where they overlap.</summary>
        public void Find(ReadOnlySpan<char> text, List<Range> found)
        {
            for (var from = 0; text[from..].IndexOfAny(_any) is >= 0 and var at; from++)
            {
                from += at;
                foreach (var form in _longestFirst)
                {
                    if (text[from..].StartsWith(form, StringComparison.Ordinal))
                    {
                        found.Add(from..(from + form.Length));
                        break;
                    }
                }
            }
        }
    }

    /// <summary>A place in a line of JSON that only moves on.</summary>
    private sealed class JsonPlace(string json)
    {
        private static readonly SearchValues<char> Structure = SearchValues.Create("{}[]:,\" \r\n");

        private int _at;

        /// <summary>Whether the place is in a string, its opening quote excluded.</summary>
        public bool IsInString { get; private set; }

        /// <returns>Whether a character of a string, or anything outside of strings, begins at <paramref name="index"/>.</returns>
        public bool MoveTo(int index)
        {
            while (_at < index)
            {
                if (json[_at] == '"')
                {
                    IsInString = !IsInString;
                }

                _at += IsInString && json[_at] == '\\' ? 2 : 1;
            }

            return _at == index;
        }

        /// <summary>The whole value, outside of strings, that holds what is between these places; nothing if that is more than one value.</summary>
        public (int Start, int End) Widen(int start, int end)
        {
            if (json.AsSpan(start, end - start).ContainsAny(Structure))
            {
                return (start, start);
            }

            var before = json.AsSpan(0, start).LastIndexOfAny(Structure);
            var after = json.AsSpan(end).IndexOfAny(Structure);
            return (before + 1, after < 0 ? json.Length : end + after);
        }
    }
}
