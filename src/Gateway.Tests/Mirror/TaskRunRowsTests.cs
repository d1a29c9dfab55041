using System.IO.Hashing;
using System.Text;
using NclueGateway.Mirror.Blocks;
using static NclueGateway.Tests.TaskRuns.Normalizing.NormalizerInputs;

namespace NclueGateway.Tests.Mirror;

/// <summary>Slots, slices and hashes of rows.</summary>
public sealed class TaskRunRowsTests
{
    // Slots: dropped, a, dropped, dropped, b, c, dropped
    private static readonly TaskRunRows Rows = Normalize(Body(
        "1", """{"run_id":"a"}""", "{}", """{"run_id":"a"}""", """{"run_id":"b"}""", """{"run_id":"c"}""", "[]")).Rows;

    private static readonly string A = RunWithId("a");
    private static readonly string B = RunWithId("b");
    private static readonly string C = RunWithId("c");

    [Theory]
    [InlineData(0, 7, "abc")]
    [InlineData(0, 0, "")]
    [InlineData(0, 1, "")]
    [InlineData(0, 2, "a")]
    [InlineData(1, 2, "a")]
    [InlineData(1, 4, "a")]
    [InlineData(1, 5, "ab")]
    [InlineData(2, 4, "")]
    [InlineData(2, 5, "b")]
    [InlineData(2, 6, "bc")]
    [InlineData(5, 7, "c")]
    [InlineData(6, 7, "")]
    [InlineData(5, 3, "")]
    public void A_slice_is_the_kept_rows_in_its_range_with_commas_only_between_them(int from, int to, string ids) =>
        Encoding.UTF8.GetString(Rows.Slice(from, to).Span)
            .ShouldBe(string.Join(',', ids.Select(id => id switch { 'a' => A, 'b' => B, _ => C })));

    [Fact]
    public void A_response_of_dropped_rows_has_slots_and_no_bytes()
    {
        var rows = Normalize(Body("{}", "{}")).Rows;

        rows.Count.ShouldBe(2);
        rows.Json.ShouldBeEmpty();
        rows.Slice(0, 2).IsEmpty.ShouldBeTrue();
        rows.Id(1).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void The_id_comes_first_in_a_row() => A.ShouldStartWith("""{"id":"a",""");

    [Theory]
    [InlineData("ef667a87-0000-4000-8000-88fb69a9aff7")]
    [InlineData("한글 😀 </script>")]
    [InlineData("\"")]
    [InlineData("\\")]
    [InlineData("\\\"")]
    [InlineData("x\",")]
    [InlineData("x\",\"name\":\"")]
    public void The_id_of_a_row_is_read_from_its_bytes_with_any_content(string id)
    {
        var sent = System.Text.Json.JsonSerializer.Serialize(id);
        var rows = Normalize(Body("{}", $$"""{"run_id":{{sent}},"run_name":"\"}"}""")).Rows;

        System.Text.Json.JsonSerializer.Deserialize<string>($"\"{Ids(rows)[1]}\"").ShouldBe(id);
        Encoding.UTF8.GetString(rows.Slice(1, 2).Span).ShouldStartWith($$"""{"id":"{{Ids(rows)[1]}}","name":""");
    }

    [Fact]
    public void Equal_ids_are_equal_bytes_however_they_were_sent_and_others_are_not()
    {
        var one = Normalize(Body("""{"run_id":"a\u003c7"}""", """{"run_id":"7"}""")).Rows;
        var two = Normalize(Body("""{"run_id":7,"run_name":"n"}""", """{"run_id":"\u0061<7"}""")).Rows;

        one.Id(0).SequenceEqual(two.Id(1)).ShouldBeTrue();
        one.Id(1).SequenceEqual(two.Id(0)).ShouldBeTrue();
        one.Id(0).SequenceEqual(two.Id(0)).ShouldBeFalse();
        one.IdHashes.ShouldBe(two.IdHashes.Reverse());
    }

    [Fact]
    public void Hashes_are_of_the_bytes_of_the_row_and_of_its_id_and_zero_for_a_dropped_row()
    {
        Rows.Hashes.ShouldBe([0, RowHash(A), 0, 0, RowHash(B), RowHash(C), 0]);
        Rows.IdHashes.ShouldBe([0UL, IdHash("a"), 0UL, 0UL, IdHash("b"), IdHash("c"), 0UL]);
    }

    [Fact]
    public void A_change_of_any_field_changes_the_hash_of_the_row_and_not_that_of_its_id()
    {
        var before = Normalize(Body("""{"run_id":"a","status":"pending"}""")).Rows;
        var after = Normalize(Body("""{"run_id":"a","status":"completed"}""")).Rows;

        after.Hashes.ShouldNotBe(before.Hashes);
        after.IdHashes.ShouldBe(before.IdHashes);
    }

    private static UInt128 RowHash(string row) => XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(row));

    private static ulong IdHash(string id) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(id));

    private static string RunWithId(string id) => Text(Normalize(Body($$"""{"run_id":"{{id}}"}""")).Rows);
}
