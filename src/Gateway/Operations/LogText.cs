using System.Globalization;
using System.Text;
using Serilog.Formatting.Json;

namespace NclueGateway.Operations;

/// <summary>The text of one event after the other, in memory that is used again.</summary>
internal sealed class LogText() : TextWriter(CultureInfo.InvariantCulture)
{
    private const int UsualLength = 1024;
    private const int MostKept = 16 * 1024;

    private char[] _text = new char[UsualLength];
    private int _length;

    public override Encoding Encoding => Encoding.Unicode;

    /// <summary>What was written since it was cleared. Of no use once it is cleared or written to again.</summary>
    public ReadOnlySpan<char> Written => _text.AsSpan(0, _length);

    public void Clear()
    {
        _length = 0;
        if (_text.Length > MostKept)
        {
            _text = new char[UsualLength];
        }
    }

    public override void Write(char value)
    {
        if (_length == _text.Length)
        {
            Grow(1);
        }

        _text[_length++] = value;
    }

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (buffer.Length > _text.Length - _length)
        {
            Grow(buffer.Length);
        }

        buffer.CopyTo(_text.AsSpan(_length));
        _length += buffer.Length;
    }

    /// <summary>Writes a value in a format, in the invariant culture.</summary>
    public void Write<T>(T value, ReadOnlySpan<char> format)
        where T : struct, ISpanFormattable
    {
        Span<char> text = stackalloc char[40]; // the longest: a double, 24; a time, 28
        Write(value.TryFormat(text, out var length, format, CultureInfo.InvariantCulture) ? text[..length] : throw new FormatException());
    }

    /// <summary>Writes a text as a value of JSON.</summary>
    public void WriteJson(string? value)
    {
        if (value is null)
        {
            Write("null");
        }
        else
        {
            JsonValueFormatter.WriteQuotedJsonString(value, this);
        }
    }

    /// <summary>Writes a number as a value of JSON.</summary>
    public void WriteJson<T>(T? value)
        where T : struct, ISpanFormattable
    {
        if (value is { } number)
        {
            Write(number, default);
        }
        else
        {
            Write("null");
        }
    }

    private void Grow(int least) => Array.Resize(ref _text, Math.Max(_length + least, 2 * _text.Length));
}
