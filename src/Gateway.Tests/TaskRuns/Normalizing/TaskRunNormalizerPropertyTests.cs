using System.Text;
using System.Text.Json;
using CsCheck;
using NclueGateway.Mirror.Blocks;
using static NclueGateway.Tests.TaskRuns.Normalizing.NormalizerInputs;

namespace NclueGateway.Tests.TaskRuns.Normalizing;

/// <summary>Random bodies: valid ones, and the same ones with a few bytes changed.</summary>
public sealed class TaskRunNormalizerPropertyTests
{
    private static readonly Gen<string> Text = Gen.OneOf(
        "", " ", "a", "한글", "😀", "\u0085", "</script>", @"\u0027", @"\\", "\\\"", @"\ud800", @"\udc00\ud83d", @"\u0000\r\n",
        @"\u2028\u007f",
        "completed", "failed", "2024-11-22T08:54:46", "2024-11-22T08:54:46.5Z", "9999-12-31T23:59:59Z", "NOT EXIST FILE", "17")
        .Array[0, 3].Select(string.Concat);

    private static readonly Gen<string> Value = Gen.Recursive<string>((depth, self) => depth > 3
        ? Gen.Const("null")
        : Gen.OneOf(
            Text.Select(text => $"\"{text}\""),
            Text.Select(text => $"\"{text}\""),
            Gen.OneOf("0", "-1", "1.50", "1e2", "1e999", "12345678901234567890", "true", "false", "null", "[]", "{}"),
            self.Array[0, 3].Select(values => $"[ {string.Join(" , ", values)} ]"),
            Gen.Select(Text, self, (name, value) => $"\"{name}\":{value}").Array[0, 3].Select(Object)));

    private static readonly Gen<string> Field = Gen.Select(
        Gen.OneOf(
            "run_name", "task_id", "task_name", "feature_id", "feature_name", "status", "created_at", "completed_at", "result_bucket",
            "result_file_path", "nclue_model_name", "nclue_model_status", "line_count", "fail_message", "unknown_field", "\\ud800"),
        Value,
        (name, value) => $"\"{name}\":{value}");

    /// <summary>A row, and its id in the result; null if it is dropped.</summary>
    private static readonly Gen<(string Json, string? Id)> Row = Gen.OneOf(
        Gen.Select(Gen.Int[0, 30], Field.Array[0, 6], Gen.Bool, (id, fields, first) =>
            (Object(first ? fields.Prepend($"\"run_id\":\"{id}\"") : fields.Append($"\"run_id\":{id}")), (string?)$"{id}")),
        Gen.Select(Field.Array[0, 3], fields => (Object(fields.Append("\"run_id\":null")), (string?)null)),
        Gen.OneOf(("{}", (string?)null), ("null", null), ("[[{\"run_id\":\"x\"}]]", null), ("\"x\"", null)));

    private static readonly Gen<(string Json, string?[] Ids)> SentList = Gen.Select(
        Row.Array[0, 12],
        Field.Array[0, 2],
        (rows, fields) => (
            Object(fields.Append($"\"runs\":[{string.Join(',', rows.Select(row => row.Json))}]")),
            rows.Select(row => row.Id).ToArray()));

    [Fact]
    public void Every_list_is_read_and_every_row_stays_where_the_upstream_put_it() => SentList.Sample(
        sent =>
        {
            var rows = Normalize(sent.Json).Rows;

            var seen = new HashSet<string>();
            Ids(rows).ShouldBe(sent.Ids.Select(id => id is not null && seen.Add(id) ? id : ""));
        },
        iter: 3_000);

    [Fact]
    public void A_slice_of_any_range_is_an_array_of_exactly_the_kept_rows() =>
        Gen.Select(SentList, Gen.Int[0, 12], Gen.Int[0, 12]).Sample(
            (sent, from, to) =>
            {
                var rows = Normalize(sent.Json).Rows;
                var (first, last) = (Math.Min(from, rows.Count), Math.Min(to, rows.Count));

                ShouldHoldExactly(rows, first, last);
            },
            iter: 3_000);

    [Fact]
    public void A_body_with_changed_bytes_never_throws_and_what_is_read_is_consistent()
    {
        var changes = Gen.Select(Gen.Int[0, 2], Gen.Double.Unit, Gen.OneOf(Gen.Byte, Gen.OneOf("{}[]\",:\\ue"u8.ToArray()))).Array[1, 4];

        Gen.Select(SentList, changes).Sample(
            (sent, changed) =>
            {
                var body = Encoding.UTF8.GetBytes(sent.Json).ToList();
                foreach (var (kind, place, value) in changed)
                {
                    Change(body, kind, (int)(place * body.Count), value);
                }

                ShouldBeErrorOrConsistent([.. body]);
            },
            iter: 10_000);
    }

    [Fact]
    public void Arbitrary_bytes_never_throw() => Gen.Byte.Array[0, 60].Sample(ShouldBeErrorOrConsistent, iter: 5_000);

    [Fact]
    public void A_strict_beginning_of_a_list_is_never_read() => Gen.Select(SentList, Gen.Double.Unit).Sample(
        (sent, part) =>
        {
            var body = Encoding.UTF8.GetBytes(sent.Json);
            ErrorOf(body[..(int)(part * body.Length)]).ShouldNotBeNull();
        },
        iter: 3_000);

    private static string Object(IEnumerable<string> fields) => $"{{{string.Join(',', fields)}}}";

    private static void Change(List<byte> body, int kind, int place, byte value)
    {
        switch (kind)
        {
            case 0:
                body.Insert(place, value);
                break;
            case 1 when place < body.Count:
                body[place] = value;
                break;
            case 2 when place < body.Count:
                body.RemoveAt(place);
                break;
            default:
                break;
        }
    }

    private static void ShouldBeErrorOrConsistent(byte[] body)
    {
        if (ErrorOf(body) is not null)
        {
            return;
        }

        var sent = Normalize(body);
        var rows = sent.Rows;
        var parallel = new[] { rows.Ends.Length, rows.Hashes.Length, rows.IdHashes.Length, sent.Runs.Count };
        parallel.ShouldAllBe(length => length == rows.Count);

        for (var from = 0; from <= rows.Count; from++)
        {
            ShouldHoldExactly(rows, from, rows.Count);
            ShouldHoldExactly(rows, 0, from);
            ShouldHoldExactly(rows, from, Math.Min(from + 1, rows.Count));
        }

        rows.Json.ShouldAllBe(b => b >= 0x20 && b != 0x7F && b != '<' && b != '>' && b != '&' && b != '\'');
    }

    private static void ShouldHoldExactly(TaskRunRows rows, int from, int to)
    {
        var kept = Ids(rows)[Math.Min(from, to)..to].Where(id => id.Length > 0);
        byte[] page = [(byte)'[', .. rows.Slice(from, to).Span, (byte)']'];

        using var json = JsonDocument.Parse(page);
        json.RootElement.EnumerateArray().Select(run => run.GetProperty("id").GetString())
            .ShouldBe(kept.Select(id => JsonSerializer.Deserialize<string>($"\"{id}\"")));
    }
}
