using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using Serilog.Formatting.Json;

namespace NclueGateway.Observability.Logging;

/// <summary>
/// Removes secrets from text that is about to be logged: the values of secret settings, plain and as escaped in JSON,
/// URLs and base64. It also removes text that looks like an NCP key, a JWT, credentials in an Authorization header, a
/// session cookie or a secret in a query. Other text costs two searches.
/// </summary>
internal sealed partial class Redactor
{
    /// <summary>Replacement of a secret.</summary>
    public const string Mark = "[redacted]";

    /// <summary>
    /// Minimum length of a redacted value in characters. A shorter one would occur in ordinary words, and redacting those would reveal it.
    /// </summary>
    public const int ShortestSecret = 6;

    /// <summary>Minimum length in characters of a line of a longer secret (PEM) that is redacted on its own.</summary>
    private const int ShortestLine = 40;

    /// <summary>
    /// Every match of <see cref="Pattern"/> contains one of these texts, so they are searched for first.
    /// </summary>
    private static readonly SearchValues<string> Hints = SearchValues.Create(
        ["ncp_iam_", "eyJ", "bearer", "basic", "__Host-", "code=", "state=", "token=", "secret=", "hint="],
        StringComparison.OrdinalIgnoreCase);

    private readonly Lock _lock = new();
    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);
    private volatile string[] _forms = [];
    private volatile SearchValues<string> _anyForm = SearchValues.Create([], StringComparison.Ordinal);

    /// <summary>Adds secret values. Earlier ones stay: a rotated key may still be valid, and a response in flight may contain it.</summary>
    public void Add(IEnumerable<string> secrets)
    {
        lock (_lock)
        {
            _secrets.UnionWith(secrets.SelectMany(Parts).Where(secret => secret.Length >= ShortestSecret));
            _forms = [.. _secrets.SelectMany(Forms).Distinct(StringComparer.Ordinal).OrderByDescending(form => form.Length)];
            _anyForm = SearchValues.Create(_forms, StringComparison.Ordinal);
        }
    }

    /// <summary>Returns <paramref name="text"/> without secrets.</summary>
    public string RedactText(string text) => MayHoldSecret(text) ? Redact(text) : text;

    /// <summary>
    /// Returns a line of Serilog's JSON without secrets. Strings are searched unescaped; a number with a secret becomes
    /// a string. The result is valid JSON.
    /// </summary>
    public string RedactJson(string json) =>
        MayHoldSecret(json) ? StringOrNumber().Replace(json, value => RedactValue(value.Value)) : json;

    private bool MayHoldSecret(string text) => text.AsSpan().ContainsAny(_anyForm) || text.AsSpan().ContainsAny(Hints);

    private string Redact(string text) => Pattern().Replace(
        _forms.Aggregate(text, (rest, form) => rest.Replace(form, Mark, StringComparison.Ordinal)),
        match => match.Groups["token"] is { Success: true } word && !IsToken(word.ValueSpan)
            ? match.Value
            : string.Concat(match.ValueSpan[..^match.Groups["secret"].Length], Mark));

    private string RedactValue(string json)
    {
        var text = json[0] == '"' ? Regex.Unescape(json[1..^1]) : json;
        var redacted = Redact(text);
        return redacted == text ? json : Quote(json[0] == '"' ? redacted : Mark);
    }

    private static string Quote(string text)
    {
        using var quoted = new StringWriter(CultureInfo.InvariantCulture);
        JsonValueFormatter.WriteQuotedJsonString(text, quoted);
        return quoted.ToString();
    }

    /// <summary>Returns a secret, and those of its lines that may be logged without the rest.</summary>
    private static IEnumerable<string> Parts(string secret) =>
        secret.Split('\n').Select(line => line.Trim())
            .Where(line => line.Length >= ShortestLine && !line.StartsWith("---", StringComparison.Ordinal))
            .Prepend(secret.Trim());

    /// <summary>Returns the forms in which a text may contain a value, each plain and as escaped by Serilog.</summary>
    private static IEnumerable<string> Forms(string secret)
    {
        string[] forms =
        [
            secret,
            JavaScriptEncoder.Default.Encode(secret),
            Uri.EscapeDataString(secret),
            WebUtility.UrlEncode(secret),
            Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)),
        ];
        return forms.Concat(forms.Select(form => Quote(form)[1..^1]));
    }

    /// <summary>Returns true if the word after a scheme such as <c>Bearer</c> is a credential, not the next word of a sentence.</summary>
    private static bool IsToken(ReadOnlySpan<char> word) => word.Length >= 24 || word.ContainsAnyInRange('0', '9');

    // The group "secret" ends the match. Nothing in it matches a quote or a space.
    [GeneratedRegex(
        """
        (?<secret>ncp_iam_[A-Za-z0-9_-]+)
        | (?<secret>eyJ[A-Za-z0-9_-]{12,}(\.[A-Za-z0-9_-]*){0,4})
        | ([Bb]earer|BEARER|[Bb]asic|BASIC)([ ]|%20|\+)+(?<secret>(?<token>([A-Za-z0-9._~+/=-]|\\{1,2}u00[0-9A-Fa-f]{2}){8,}))
        | __Host-[A-Za-z0-9_.-]{1,64}=(?<secret>[^;,\s"\\]+)
        | [?&](code|state|token|(id|access|refresh|logout)_token|id_token_hint|client_secret)=(?<secret>[^&\s"\\]+)
        """,
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Pattern();

    [GeneratedRegex("""
        "([^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*
        """, RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex StringOrNumber();
}
