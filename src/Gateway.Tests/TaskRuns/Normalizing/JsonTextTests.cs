using System.Text;
using System.Text.Json;
using CsCheck;
using NclueGateway.TaskRuns.Normalizing;

namespace NclueGateway.Tests.TaskRuns.Normalizing;

public sealed class JsonTextTests
{
    /// <summary>Any UTF-16, well-formed or not, with a high share of special characters.</summary>
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Char[char.MinValue, char.MaxValue],
        Gen.Char[char.MinValue, '\x7F'],
        Gen.Char['\uD7F0', '\uE00F'],
        Gen.OneOf('"', '\\', '/', '<', '>', '&', '\'', '\0', '\x1F', '\x7F', '\x80', '\u2028', '\u2029', '\uFEFF', '\uFFFE', '한'))
        .Array[0, 40].Select(chars => new string(chars));

    [Fact]
    public void What_another_writer_wrote_is_read_as_the_same_text() => Text.Select(WellFormed).Sample(
        text => Read(JsonSerializer.SerializeToUtf8Bytes(text)).ShouldBe(NullIfEmpty(text)),
        iter: 2_000);

    [Fact]
    public void What_is_all_escapes_is_read_as_the_same_text() => Text.Sample(
        text =>
        {
            var escaped = string.Concat(text.Select(c => $"\\u{(int)c:x4}"));

            Read(Encoding.UTF8.GetBytes($"\"{escaped}\"")).ShouldBe(NullIfEmpty(WellFormed(text)));
        },
        iter: 2_000);

    [Theory]
    [InlineData(@"\""\\\/\b\f\n\r\t", "\"\\/\b\f\n\r\t")]
    [InlineData(@"\ud55c\uAE00", "한글")]
    [InlineData(@"\ud83d\ude00", "😀")]
    [InlineData(@"a\ud800b", "a\uFFFDb")]
    [InlineData(@"\ude00\ud83d", "\uFFFD\uFFFD")]
    [InlineData(@"\ud83d😀", "\uFFFD😀")]
    [InlineData(@"\\ud800", @"\ud800")]
    [InlineData(@"\u0000", "\0")]
    public void Escapes_are_undone_and_a_lone_surrogate_is_replaced(string sent, string text) =>
        Read(Encoding.UTF8.GetBytes($"\"{sent}\"")).ShouldBe(text);

    [Fact]
    public void Invalid_UTF_8_is_replaced_beside_an_escape_too() =>
        Read([(byte)'"', 0xE2, .. "\\n"u8, 0xED, 0xA0, 0x80, .. "\\\""u8, 0xF0, 0x9F, (byte)'"'])
            .ShouldBe("\uFFFD\n\uFFFD\uFFFD\uFFFD\"\uFFFD");

    [Fact]
    public void No_bytes_between_quotes_throw() => Gen.Byte.Array[0, 40].Sample(
        bytes =>
        {
            byte[] token = [(byte)'"', .. bytes.Where(b => b is not ((byte)'"' or (byte)'\\' or < 0x20)), (byte)'"'];

            Read(token).ShouldBe(NullIfEmpty(Encoding.UTF8.GetString(token)[1..^1]));
        },
        iter: 2_000);

    /// <summary>Returns the text of a property with this value.</summary>
    private static string? Read(byte[] value)
    {
        using var json = JsonText.Parse([.. "{\"x\":"u8, .. value, .. "}"u8]);
        return JsonText.Read(json.RootElement, "x");
    }

    private static string WellFormed(string text) => string.Concat(text.EnumerateRunes());

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
