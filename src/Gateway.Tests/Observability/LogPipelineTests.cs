using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Observability.Audit;
using NclueGateway.Observability.Logging;
using Serilog.Events;
using Serilog.Formatting.Display;
using Serilog.Parsing;

namespace NclueGateway.Tests.Observability;

/// <summary>The handling of log events when the output is slow, stuck or full, and at shutdown.</summary>
public sealed class LogPipelineTests
{
    private static readonly Dictionary<string, string?> NoSettings = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stuck_output_holds_up_no_event_and_drops_are_counted_and_reported_apart_from_the_audit()
    {
        await using var logs = new WrittenLogs(NoSettings);
        using var events = new Drops(logs, "nclue_gateway.request_log.dropped");
        using var audit = new Drops(logs, "nclue_gateway.audit.dropped");
        await HoldAsync(logs);

        for (var i = 0; i < LogPipeline.Capacity; i++)
        {
            logs.Write("any");
            logs.Audit("queued");
        }

        (events.Count, audit.Count).ShouldBe((0, 0));
        for (var i = 0; i < 3; i++)
        {
            logs.Write("any");
            new AuditEvent(new()) { Kind = AuditKind.Refusal, Outcome = "of a stranger" }.WriteTo(logs.Log(AuditEvent.Category));
        }

        (events.Count, audit.Count).ShouldBe((3, 3));
        logs.Output.IsHeld = false;
        await logs.DisposeAsync();

        logs.Output.Events(AuditEvent.Category).Count.ShouldBe(LogPipeline.Capacity);
        Reports(logs).ShouldBe(
        [
            "3 of {Dropped} audit events were dropped because the log fails or does not keep up; the audit has a gap",
            "3 of {Dropped} log events other than the audit were dropped because the log fails or does not keep up",
        ]);
    }

    [Fact]
    public async Task Losses_are_reported_at_most_once_a_minute_and_none_is_left_out()
    {
        var time = new FakeTimeProvider();
        await using var logs = new WrittenLogs(NoSettings, time: time);

        await LoseAsync(logs);
        logs.Text();
        Reports(logs).Count.ShouldBe(1);

        time.Advance(LostLogEvents.ReportInterval - TimeSpan.FromMilliseconds(1));
        await LoseAsync(logs);
        await LoseAsync(logs);
        logs.Text();
        Reports(logs).Count.ShouldBe(1);

        time.Advance(TimeSpan.FromMilliseconds(1));
        logs.Text();
        await LoseAsync(logs);
        await logs.DisposeAsync();

        Reports(logs).Select(report => report.Split(' ')[0]).ShouldBe(["1", "2", "1"]);
    }

    [Fact]
    public async Task What_was_logged_before_a_stop_is_written()
    {
        await using var logs = new WrittenLogs(NoSettings);
        await HoldAsync(logs);
        for (var i = 0; i < 1_000; i++)
        {
            logs.Audit("last");
        }

        logs.Output.IsHeld = false;
        await logs.DisposeAsync();

        logs.Output.Events(AuditEvent.Category).Count.ShouldBe(1_000);
    }

    [Fact]
    public async Task A_stuck_output_does_not_hold_up_a_stop()
    {
        await using var logs = new WrittenLogs(NoSettings);
        await HoldAsync(logs);

        await logs.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Ct);

        logs.Output.IsHeld = false;
    }

    [Fact]
    public async Task After_half_a_line_the_next_one_starts_anew()
    {
        await using var logs = new WrittenLogs(NoSettings);
        using var disk = new SmallDisk(room: 5);
        await using var writer = new StreamWriter(disk);
        using var sink = new RedactingSink(
            new MessageTemplateTextFormatter("{Message}{NewLine}"),
            text => text,
            writer,
            logs.Services.GetRequiredService<LostLogEvents>());
        Should.Throw<IOException>(() => sink.Emit(Event("lost line")));
        disk.Room = 100;

        sink.Emit(Event("kept"));

        Encoding.UTF8.GetString(disk.ToArray()).Split(Environment.NewLine).ShouldBe(["lost ", "kept", ""]);
    }

    /// <summary>Blocks the output in the middle of one event.</summary>
    private static async Task HoldAsync(WrittenLogs logs)
    {
        logs.Output.IsHeld = true;
        logs.Write("stuck");
        await logs.Output.Stuck.WaitAsync(Ct);
    }

    private static async Task LoseAsync(WrittenLogs logs)
    {
        using var events = new Drops(logs, "nclue_gateway.request_log.dropped");
        var before = events.Count;
        logs.Output.IsFull = true;
        logs.Write("lost");
        while (events.Count == before)
        {
            await Task.Yield();
        }

        logs.Output.IsFull = false;
    }

    private static List<string> Reports(WrittenLogs logs) =>
    [
        .. logs.Output.Events(LostLogEvents.Category)
            .Select(report => $"{report.GetProperty("Dropped")} of {report.GetProperty("@mt")}"
                + (report.GetProperty("@l").GetString() == "Error" ? "" : "!")),
    ];

    private static LogEvent Event(string text) =>
        new(DateTimeOffset.UnixEpoch, LogEventLevel.Information, null, new MessageTemplateParser().Parse(text), []);

    private sealed class Drops(WrittenLogs logs, string name) : IDisposable
    {
        private readonly MetricCollector<long> _collector = new(logs.Services.GetRequiredService<IMeterFactory>(), "NclueGateway", name);

        public long Count
        {
            get
            {
                _collector.RecordObservableInstruments();
                return _collector.LastMeasurement!.Value;
            }
        }

        public void Dispose() => _collector.Dispose();
    }

    /// <summary>An output that accepts a number of characters and then fails.</summary>
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
}
