using System.IO.Pipelines;
using System.Text;
using NclueGateway.TaskRuns.Changes;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>Messages on one connection.</summary>
public sealed class EventStreamWriterTests
{
    private readonly Pipe _connection = new(new PipeOptions(
        pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false)); // as Kestrel's

    [Fact]
    public async Task A_slow_reader_holds_only_a_part_of_a_large_message()
    {
        var message = Message(1_000_000);
        var writing = new EventStreamWriter(_connection.Writer).WriteAsync(message).AsTask();

        var held = (await _connection.Reader.ReadAsync(TestContext.Current.CancellationToken)).Buffer.Length;

        writing.IsCompleted.ShouldBeFalse();
        held.ShouldBeInRange(1, (64 * 1024) + EventStreamWriter.MaxUnflushed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16_350)]
    [InlineData(16_384)]
    [InlineData(100_000)]
    public async Task Messages_arrive_whole_and_in_their_order(int length)
    {
        var writer = new EventStreamWriter(_connection.Writer);
        var (first, second) = (Message(length), Message(length + 1));
        var reading = ReadAllAsync();

        writer.WriteRetry(TimeSpan.FromMilliseconds(2_500));
        await writer.WriteAsync(first);
        await writer.WriteAsync(second);
        await writer.FlushAsync();
        await _connection.Writer.CompleteAsync();

        (await reading).ShouldBe("retry: 2500\n" + Text(first) + Text(second));
    }

    [Fact]
    public async Task Messages_that_are_due_at_the_same_time_are_sent_together()
    {
        var writer = new EventStreamWriter(_connection.Writer);

        await writer.WriteAsync(Message(100));
        await writer.WriteAsync(Message(200));

        _connection.Reader.TryRead(out _).ShouldBeFalse();
        await writer.FlushAsync();
        _connection.Reader.TryRead(out var sent).ShouldBeTrue();
        sent.Buffer.Length.ShouldBe(Message(100).Bytes.Length + Message(200).Bytes.Length);
    }

    private static EventMessage Message(int length) => new("changes", Encoding.ASCII.GetBytes(new string('7', length)), "1-8-00000008");

    private static string Text(EventMessage message) => Encoding.UTF8.GetString(message.Bytes.Span);

    private async Task<string> ReadAllAsync()
    {
        using var text = new StreamReader(_connection.Reader.AsStream());
        return await text.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
