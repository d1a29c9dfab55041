using System.Globalization;
using System.Text;

namespace NclueGateway.TaskRuns;

/// <summary>Counts the runs whose status is none of the documented ones, and keeps each such status once, fit for a log line.</summary>
internal sealed class UnknownStatuses
{
    private const int MaxLength = 40;

    private readonly List<string> _distinct = [];

    public int Count { get; private set; }

    /// <summary>
    /// At most 40 characters each, without blanks around and without characters that a terminal acts upon; <c>(none)</c> where no status
    /// was sent.
    /// </summary>
    public IReadOnlyList<string> Distinct => _distinct;

    public void Add(string? sent)
    {
        Count++;
        var text = Printable(sent);
        if (!_distinct.Contains(text))
        {
            _distinct.Add(text);
        }
    }

    private static string Printable(string? sent)
    {
        var text = new StringBuilder(MaxLength);
        foreach (var rune in (sent ?? "").Trim().EnumerateRunes())
        {
            if (text.Length + rune.Utf16SequenceLength > MaxLength)
            {
                break;
            }

            if (!IsInvisible(Rune.GetUnicodeCategory(rune)))
            {
                text.Append(rune.ToString());
            }
        }

        return text.Length == 0 ? "(none)" : text.ToString();
    }

    private static bool IsInvisible(UnicodeCategory category) => category
        is UnicodeCategory.Control
        or UnicodeCategory.Format // turns the direction of the rest of the line, for one
        or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;
}
