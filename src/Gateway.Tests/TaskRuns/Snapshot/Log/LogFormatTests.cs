using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.TaskRuns.Normalizing;
using static NclueGateway.Tests.TaskRuns.Snapshot.Log.LogExamples;
using static NclueGateway.Tests.TaskRuns.Snapshot.Log.RecordedLog;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>The bytes of entries and checkpoints. Replicas of two releases share them.</summary>
public sealed class LogFormatTests
{
    [Fact]
    public void An_entry_is_written_as_the_last_release_wrote_it()
    {
        Text(LogEntryFormat.Write(Entry)).ShouldBe(EntryJson);
        EntryBytes[0].ShouldBe(PackedJson.Version);
        LogEntryFormat.TryRead(EntryBytes, out var read).ShouldBeTrue();
        Text(LogEntryFormat.Write(read)).ShouldBe(EntryJson);
        read.Change!.Rows.Select(run => $"{run}").ShouldBe(Entry.Change!.Rows.Select(run => $"{run}"));
    }

    [Fact]
    public void A_checkpoint_is_written_as_the_last_release_wrote_it()
    {
        CheckpointFormat.Write(RecordedLog.Checkpoint).Select(Text).ShouldBe(CheckpointJson);
        CheckpointBytes.ShouldAllBe(piece => piece[0] == PackedJson.Version);
        CheckpointFormat.TryRead(CheckpointBytes, number: 7, out var read).ShouldBeTrue();
        read.Describe().ShouldBe(RecordedLog.Checkpoint.Describe());
    }

    [Fact]
    public void A_row_is_written_as_the_last_release_wrote_it() => NormalizerInputs.Row(NclueRow).ShouldBe(RowJson);

    [Fact]
    public void The_rows_of_a_response_come_back_byte_for_byte()
    {
        foreach (var status in new[] { "REGISTERED", "COMPLETED", "FAILED", "new" })
        {
            var response = NormalizerInputs.Row(
                $"\"status\":\"{status}\",\"run_name\":\"a\\u0000\\ud83d\\ude00\\ud800 </script> \u2028\","
                + "\"line_count\":9223372036854775807,"
                + "\"created_at\":\"2025-11-05T10:00:00.5Z\",\"completed_at\":\"2025-11-05 10:01:00\",\"result_file_path\":\"a\\/b\","
                + "\"fail_message\":\"봄 \\u001f <b>\"");
            var row = Encoding.UTF8.GetBytes(response);
            LogEntryFormat.TryRead(
                LogEntryFormat.Write(Entry with { Change = new(null, [new(row, Run("r").Columns)]) }),
                out var entry).ShouldBeTrue(response);

            Encoding.UTF8.GetString(entry.Change!.Rows[0].Json.Span).ShouldBe(response);
            entry.Change.Rows[0].Id.ShouldBe("r");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("\"departure\":1764378000123", "\"departure\":-1")]
    [InlineData("\"departure\":1764378000123", "\"departure\":199999999999999")]
    [InlineData("\"departure\":1764378000123", "\"departure\":1764378000123.0")]
    [InlineData("\"departure\":1764378000123", "\"departure\":\"1764378000123\"")]
    [InlineData("\"departure\":1764378000123", "\"departure\":99999999999999999999")]
    [InlineData("\"since\":41", "\"since\":-41")]
    [InlineData("\"since\":41,", "")]
    [InlineData("\"since\":41", "\"since\":41,\"since\":41")]
    [InlineData("\"since\":41", "\"since\":41,\"more\":1")]
    [InlineData("\"since\":41", " \"since\":41")]
    [InlineData("\"order\":1", "\"order\":17")]
    [InlineData("\"order\":1", "\"order\":-1")]
    [InlineData("\"holesAtHead\":2", "\"holesAtHead\":101")]
    [InlineData("\"length\":7", "\"length\":-7")]
    [InlineData("\"total\":8", "\"total\":-8")]
    [InlineData("\"holesBehind\":1", "\"holesBehind\":-1")]
    [InlineData("\"first\":\"c\"", "\"first\":null")]
    [InlineData("\"first\":\"c\"", "\"first\":\"\\ud800\"")]
    [InlineData("\"id\":\"x\",\"hasGapBehind\"", "\"id\":null,\"hasGapBehind\"")]
    [InlineData("\"rows\":[", "\"rows\":[null,")]
    [InlineData("\"rows\":[", "\"rows\":[1,")]
    [InlineData("\"rows\":[", "\"rows\":[{},")]
    [InlineData("\"rows\":[", "\"rows\":[[[[[[[[[[[[[[[[[[],")]
    [InlineData("\"id\":\"b\",\"name\"", "\"id\":\"\",\"name\"")]
    [InlineData("\"id\":\"b\",\"name\"", "\"id\": \"b\",\"name\"")]
    [InlineData("\"id\":\"b\",\"name\"", "\"extra\":1,\"id\":\"b\",\"name\"")]
    [InlineData("\"status\":\"in_progress\"", "\"status\":\"IN_PROGRESS\"")]
    [InlineData("\"status\":\"in_progress\"", "\"status\":2")]
    [InlineData("\"task\":{", "\"task\":null,\"task\":{")]
    [InlineData("\"lineCount\":93734", "\"lineCount\":93734.0")]
    [InlineData("+09:00", "+0900")]
    [InlineData("[\"old\",", "[null,")]
    [InlineData("\"departure\":1764377000000", "\"departure\":-1")]
    public void Any_other_entry_is_refused(string old, string? replacement = null)
    {
        var json = replacement is null ? old : EntryJson.Replace(old, replacement, StringComparison.Ordinal);

        json.ShouldNotBe(EntryJson);
        LogEntryFormat.TryRead(Pack(json), out var entry).ShouldBeFalse();
        entry.ShouldBeNull();
    }

    [Fact]
    public void An_entry_of_many_rows_or_ranges_is_refused()
    {
        var rows = Enumerable.Range(0, 101).Select(id => Run($"{id}")).ToArray();
        LogEntryFormat.TryRead(LogEntryFormat.Write(Entry with { Change = new(null, rows[..100]) }), out _).ShouldBeTrue();
        LogEntryFormat.TryRead(LogEntryFormat.Write(Entry with { Change = new(null, rows) }), out _).ShouldBeFalse();
        var ranges = rows.Select(run => new HeldRange(run.Id, run.Id, 0)).ToArray();
        LogEntryFormat.TryRead(LogEntryFormat.Write(Entry with { Reading = Entry.Reading with { Held = ranges } }), out _).ShouldBeFalse();
    }

    /// <summary>Every truncation and every flipped bit is refused, or is another spelling of the same entry.</summary>
    [Fact]
    public void Damaged_bytes_never_throw_and_never_give_something_that_would_be_written_otherwise()
    {
        var bytes = LogEntryFormat.Write(Entry);
        for (var length = 0; length < bytes.Length; length++)
        {
            LogEntryFormat.TryRead(bytes.AsSpan(0, length), out _).ShouldBeFalse();
        }

        LogEntryFormat.TryRead([.. bytes, 0], out _).ShouldBeFalse();
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var damaged = bytes.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            if (LogEntryFormat.TryRead(damaged, out var entry))
            {
                Text(damaged).ShouldBe(Text(LogEntryFormat.Write(entry)));
            }
        }
    }

    [Fact]
    public void An_entry_that_would_be_huge_is_refused_without_the_memory()
    {
        var id = new string('c', 2 * PackedJson.MaxLength);
        var bomb = Pack(EntryJson.Replace("\"first\":\"c\"", $"\"first\":\"{id}\"", StringComparison.Ordinal));
        bomb.Length.ShouldBeLessThan(20_000);
        LogEntryFormat.TryRead(bomb, out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        LogEntryFormat.TryRead(bomb, out _).ShouldBeFalse();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(3L * PackedJson.MaxLength);
    }

    [Theory]
    [InlineData("\"head\":{", "\"head\":null,\"was\":{")]
    [InlineData("\"version\":7", "\"version\":8")]
    [InlineData("\"firstHeld\":3", "\"firstHeld\":8")]
    [InlineData("\"firstHeld\":3", "\"firstHeld\":-1")]
    [InlineData("\"version\":6", "\"version\":8")]
    [InlineData("\"departure\":1764377999000", "\"departure\":-1")]
    [InlineData("\"lastHeld\":1764378000002", "\"lastHeld\":-1")]
    [InlineData("\"holesBehind\":2", "\"holesBehind\":-2")]
    [InlineData("\"order\":2", "\"order\":4")]
    [InlineData("\"headReadAt\":1764378000003", "\"headReadAt\":-1")]
    [InlineData("\"expectedTotal\":9", "\"expectedTotal\":-9")]
    [InlineData("\"disorders\":5", "\"disorders\":-5")]
    [InlineData("{\"id\":\"b\"", "{\"id\":\"a\"")] // both removed and listed
    [InlineData("\"id\":\"c\"", "\"id\":\"a\"")] // listed twice
    [InlineData("\"run\":{", "\"run\":null,\"was\":{")]
    [InlineData("{\"run\":{\"id\":\"c\"", "null,{\"run\":{\"id\":\"c\"")]
    public void Any_other_checkpoint_is_refused(string old, string replacement)
    {
        var json = CheckpointJson.Select(piece => piece.Replace(old, replacement, StringComparison.Ordinal)).ToArray();

        json.ShouldNotBe(CheckpointJson);
        CheckpointFormat.TryRead(json.Select(Pack), number: 7, out var roll).ShouldBeFalse();
        roll.ShouldBeNull();
    }

    [Fact]
    public void A_checkpoint_needs_its_first_piece_first_and_once()
    {
        var pieces = CheckpointFormat.Write(RecordedLog.Checkpoint).ToList();
        pieces.Count.ShouldBe(3);

        CheckpointFormat.TryRead(pieces, 7, out _).ShouldBeTrue();
        CheckpointFormat.TryRead([], 7, out _).ShouldBeFalse();
        CheckpointFormat.TryRead(pieces.Skip(1), 7, out _).ShouldBeFalse();
        CheckpointFormat.TryRead([.. pieces, pieces[0]], 7, out _).ShouldBeFalse();
        CheckpointFormat.TryRead([.. pieces, pieces[2]], 7, out _).ShouldBeFalse();
        CheckpointFormat.TryRead(pieces, 6, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_checkpoint_of_many_runs_comes_back_from_pieces_of_at_most_256_kB()
    {
        var random = new Random(1);
        string Name() => new([.. Enumerable.Range(0, random.Next(500)).Select(_ => (char)random.Next('가', '힣'))]);
        var roll = new Roll(
            RollEntries.Of(Enumerable.Range(0, 2_000).Select(id => new RollEntry(Run($"{id}", Name()), 1, id, 2, id, false))),
            3,
            false,
            Enumerable.Range(0, 1_200).ToImmutableDictionary(id => $"removed-{id}", id => new Removal(1, id)),
            ListTraits.Unknown);

        var pieces = CheckpointFormat.Write(roll).ToList();

        pieces.Count.ShouldBeGreaterThan(5);
        pieces.ShouldAllBe(piece => piece.Length <= 256 * 1024);
        CheckpointFormat.TryRead(pieces, 3, out var read).ShouldBeTrue();
        read.Describe().ShouldBe(roll.Describe());
    }

    private static string Text(byte[] bytes)
    {
        using var json = new BrotliStream(new MemoryStream(bytes, 1, bytes.Length - 1), CompressionMode.Decompress);
        using var reader = new StreamReader(json);
        return reader.ReadToEnd();
    }

    private static byte[] Pack(string json)
    {
        using var packed = new MemoryStream();
        packed.WriteByte(PackedJson.Version);
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            brotli.Write(Encoding.UTF8.GetBytes(json));
        }

        return packed.ToArray();
    }
}
