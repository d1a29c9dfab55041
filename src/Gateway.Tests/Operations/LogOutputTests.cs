using System.Text;
using NclueGateway.Operations;
using Serilog.Events;
using Serilog.Formatting.Display;
using Serilog.Parsing;

namespace NclueGateway.Tests.Operations;

public sealed class LogOutputTests : IDisposable
{
    private readonly CountingWriter _writer = new();
    private readonly LogOutput _output;

    public LogOutputTests() => _output = new(new MessageTemplateTextFormatter("{Message}|"), text => text.ToString().Replace("secret", "***", StringComparison.Ordinal), _writer);

    [Fact]
    public void An_event_is_out_at_once()
    {
        _output.Emit(Event("one"));
        _output.Emit(Event("two"));

        _writer.ToString().ShouldBe("one|two|");
        _writer.Flushes.ShouldBe(2);
    }

    [Fact]
    public void Events_that_are_gathered_go_out_together_in_their_order()
    {
        using (_output.Gather())
        {
            using (_output.Gather())
            {
                _output.Emit(Event("one"));
            }

            _writer.Flushes.ShouldBe(1); // what the inner one gathered is out when it ends
            _output.Emit(Event("a secret"));
            _output.Emit(Event("?"));
            _writer.Flushes.ShouldBe(1);
        }

        _writer.Flushes.ShouldBe(2);
        _writer.ToString().ShouldBe("one|a ***|?|");
        _output.Emit(Event("three"));
        _writer.Flushes.ShouldBe(3);
    }

    [Fact]
    public void An_error_does_not_wait_for_others()
    {
        using var gathering = _output.Gather();
        _output.Emit(Event("one"));

        _output.Emit(Event("two", LogEventLevel.Error));

        _writer.Flushes.ShouldBe(1);
    }

    [Theory]
    [InlineData(LogEventLevel.Information)] // at the end
    [InlineData(LogEventLevel.Error)] // in between
    public void Whoever_gathers_is_told_that_not_everything_is_out_and_the_next_is_not(LogEventLevel level)
    {
        var gathering = _output.Gather();
        _output.Emit(Event("one"));
        _writer.IsFull = true;
        _output.Emit(Event("two", level));

        Should.Throw<IOException>(gathering.Dispose);

        _writer.IsFull = false;
        _output.Gather().Dispose();
        _output.Emit(Event("three"));
        _writer.ToString().ShouldEndWith("three|");
    }

    [Fact]
    public void Everybody_who_gathers_is_told_that_not_everything_is_out()
    {
        var outer = _output.Gather();
        var inner = _output.Gather();
        _output.Emit(Event("one"));
        _writer.IsFull = true;

        Should.Throw<IOException>(inner.Dispose);
        _writer.IsFull = false;

        Should.Throw<IOException>(outer.Dispose);
    }

    [Fact]
    public void An_event_that_cannot_be_written_throws() // Serilog takes it from there
    {
        _writer.IsFull = true;

        Should.Throw<IOException>(() => _output.Emit(Event("one")));
    }

    [Fact]
    public void After_half_a_line_the_next_one_begins_anew()
    {
        using var disk = new SmallDisk(room: 5);
        using var writer = new StreamWriter(disk);
        var output = new LogOutput(new MessageTemplateTextFormatter("{Message}{NewLine}"), _ => null, writer);
        var gathering = output.Gather();
        output.Emit(Event("lost line"));
        Should.Throw<IOException>(gathering.Dispose);
        disk.Room = 100;

        output.Emit(Event("kept"));

        Encoding.UTF8.GetString(disk.ToArray()).Split(Environment.NewLine).ShouldBe(["lost ", "kept", ""]);
    }

    public void Dispose() => _writer.Dispose();

    private static LogEvent Event(string text, LogEventLevel level = LogEventLevel.Information) =>
        new(DateTimeOffset.UnixEpoch, level, null, new MessageTemplateParser().Parse(text), []);

    /// <summary>Takes what there is room for, and then says that it is full.</summary>
    private sealed class SmallDisk(int room) : MemoryStream
    {
        public int Room { get; set; } = room;

        public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);

        public override void Write(byte[] buffer, int offset, int count)
        {
            var some = Math.Min(count, Room);
            base.Write(buffer, offset, some);
            Room -= some;
            if (some < count)
            {
                throw new IOException("No space left on device");
            }
        }
    }

    private sealed class CountingWriter : StringWriter
    {
        public int Flushes { get; private set; }

        public bool IsFull { get; set; }

        public override void Flush()
        {
            if (IsFull)
            {
                throw new IOException("No space left on device");
            }

            Flushes++;
        }
    }
}
