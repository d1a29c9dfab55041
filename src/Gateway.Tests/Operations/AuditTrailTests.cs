using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Http;
using NclueGateway.Operations;
using NclueGateway.Operations.Audit;
using NclueGateway.Tests.Http;
using Serilog.Formatting.Display;

namespace NclueGateway.Tests.Operations;

/// <summary>The audit around endpoints of the test's own, with a log that can be stopped.</summary>
public sealed class AuditTrailTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private readonly SlowLog _slow = new();
    private readonly FullDisk _disk = new();
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    private AuditTrail Trail => _app.Services.GetRequiredService<AuditTrail>();

    private FakeLogCollector Logs => _app.Services.GetFakeLogCollector();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.AddFakeLogging().AddProvider(_slow);
        builder.Services.AddRouting().AddMetrics().AddSingleton<TimeProvider>(_time).AddProblems().AddAudit()
            .AddSingleton(new LogOutput(new MessageTemplateTextFormatter("{Message}"), _ => null, _disk));
        _app = builder.Build();
        _app.UseAudit(_ => ("browser", "alice"));
        _app.UseProblems();
        _app.UseRouting();
        _app.MapGet("/api/broken", (HttpContext _) => throw new InvalidOperationException("canary"));
        _app.MapGet("/session/{kind}", (HttpContext context, string kind) => context.Features.Get<AuditNotes>()!
            .ChangedSession(Enum.Parse<AuditKind>(kind), "portal", "bob"));
        _app.MapGet("/session/failed", (HttpContext context) =>
        {
            context.Features.Get<AuditNotes>()!.ChangedSession(AuditKind.SignIn, "portal", "bob");
            return new ProblemAnswer(Problems.InvalidRequest);
        });
        _app.MapGet("/session/step", () => Results.Redirect("/elsewhere"));
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        _slow.Resume();
        _client.Dispose();
        await _app.DisposeAsync();
        _slow.Dispose();
        await _disk.DisposeAsync();
    }

    [Theory]
    [InlineData("SignIn", 3)]
    [InlineData("SignOut", 4)]
    [InlineData("BackChannelLogout", 5)]
    public async Task A_session_that_begins_or_ends_is_one_event(string kind, int number)
    {
        using var step = await GetAsync("/session/step");
        using var response = await GetAsync("/session/" + kind);

        var happened = (await EventsAsync()).ShouldHaveSingleItem();

        happened.Id.ShouldBe(new EventId(number, kind));
        happened.Message.ShouldBe($"{kind}: answered for bob of portal at /session/{{kind}}, index , limit ");
    }

    [Fact]
    public async Task A_sign_in_that_fails_is_one_refusal()
    {
        using var response = await GetAsync("/session/failed");

        (await EventsAsync()).ShouldHaveSingleItem().Message.ShouldStartWith("Refusal: invalid-request for bob of portal at /session/failed");
    }

    [Fact]
    public async Task A_failure_of_the_gateway_s_own_is_one_refusal_that_keeps_its_route()
    {
        using var response = await GetAsync("/api/broken");
        await response.ShouldBeProblemAsync(Problems.InternalError);

        var happened = (await EventsAsync()).ShouldHaveSingleItem();

        happened.Message.ShouldStartWith("Refusal: internal-error for alice of browser at /api/broken");
        happened.GetStructuredStateValue("Status").ShouldBe("500");
    }

    [Fact]
    public async Task While_the_log_does_not_keep_up_requests_are_answered_and_what_is_dropped_is_counted_and_told()
    {
        using var dropped = new MetricCollector<long>(
            _app.Services.GetRequiredService<IMeterFactory>(), "NclueGateway", "nclue_gateway.audit.dropped");
        _slow.Stop();
        Trail.Record(new(AuditKind.Read, "first"));
        await _slow.Reached.WaitAsync(TestContext.Current.CancellationToken); // it is out of the queue now

        for (var i = 0; i < AuditTrail.Capacity; i++)
        {
            Trail.Record(new(AuditKind.Read, "queued"));
        }

        dropped.GetMeasurementSnapshot().ShouldBeEmpty();
        for (var i = 0; i < 3; i++)
        {
            using var response = await GetAsync("/session/SignIn");
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        dropped.GetMeasurementSnapshot().EvaluateAsCounter().ShouldBe(3);
        _slow.Resume();
        (await EventsAsync()).Count.ShouldBe(1 + AuditTrail.Capacity);
        Alerts().ShouldBe(["3 audit events were dropped because the log fails or does not keep up; the audit has a gap"]);
    }

    [Fact]
    public async Task Drops_are_told_at_most_once_a_minute_and_none_is_left_out()
    {
        await OverflowAsync();
        Alerts().Count.ShouldBe(1);

        _time.Advance(AuditTrail.AlertInterval - TimeSpan.FromMilliseconds(1));
        await OverflowAsync();
        Alerts().Count.ShouldBe(1);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        await OverflowAsync();
        await _app.StopAsync(TestContext.Current.CancellationToken);

        var told = Alerts().Select(alert => int.Parse(alert.Split(' ')[0])).ToList();
        told.Sum().ShouldBe(30);
        told.Count.ShouldBeInRange(2, 3); // the third only because of the stop
    }

    [Fact]
    public async Task A_log_that_throws_does_not_end_the_trail()
    {
        _slow.Throws = true;
        Trail.Record(new(AuditKind.Read, "lost"));
        await _slow.Reached.WaitAsync(TestContext.Current.CancellationToken);
        _slow.Throws = false;
        Trail.Record(new(AuditKind.Read, "kept"));

        (await EventsAsync())[^1].Message.ShouldStartWith("Read: kept");
        Alerts().ShouldHaveSingleItem().ShouldStartWith("1 audit events");
    }

    [Fact]
    public async Task An_output_that_throws_does_not_end_the_trail_and_what_it_did_not_write_is_counted()
    {
        using var dropped = new MetricCollector<long>(
            _app.Services.GetRequiredService<IMeterFactory>(), "NclueGateway", "nclue_gateway.audit.dropped");
        _disk.IsFull = true;
        Trail.Record(new(AuditKind.Read, "lost"));
        await _disk.Reached.WaitAsync(TestContext.Current.CancellationToken);
        await dropped.WaitForMeasurementsAsync(1, TestContext.Current.CancellationToken);
        _disk.IsFull = false;
        Trail.Record(new(AuditKind.Read, "kept"));

        (await EventsAsync())[^1].Message.ShouldStartWith("Read: kept");
        dropped.GetMeasurementSnapshot().EvaluateAsCounter().ShouldBe(1);
        Alerts().ShouldNotBeEmpty();
        Alerts().ShouldAllBe(alert => alert.StartsWith("1 audit events")); // again, while nobody knows whether it is out
    }

    [Fact]
    public async Task What_is_recorded_after_the_last_write_is_written_at_once()
    {
        await _app.StopAsync(TestContext.Current.CancellationToken);

        Trail.Record(new(AuditKind.Read, "late"));

        (await EventsAsync()).ShouldHaveSingleItem().Message.ShouldStartWith("Read: late");
    }

    /// <summary>Ten more than fit, and then until the last one that did is written.</summary>
    private async Task OverflowAsync()
    {
        _slow.Stop();
        Trail.Record(new(AuditKind.Read, "first"));
        await _slow.Reached.WaitAsync(TestContext.Current.CancellationToken);
        var passed = _slow.Passed;
        for (var i = 0; i < AuditTrail.Capacity + 10; i++)
        {
            Trail.Record(new(AuditKind.Read, "queued"));
        }

        _slow.Resume();
        while (_slow.Passed - passed < AuditTrail.Capacity + 1)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private async Task<HttpResponseMessage> GetAsync(string path) => await _client.GetAsync(path, TestContext.Current.CancellationToken);

    private async Task<List<FakeLogRecord>> EventsAsync()
    {
        await _app.StopAsync(TestContext.Current.CancellationToken);
        return [.. Logs.GetSnapshot().Where(entry => entry.Category == AuditTrail.Category)];
    }

    private List<string> Alerts() =>
        [.. Logs.GetSnapshot().Where(entry => entry.Level == LogLevel.Error && entry.Category == typeof(AuditTrail).FullName).Select(e => e.Message)];

    private sealed class FullDisk : StringWriter
    {
        public bool IsFull { get; set; }

        public SemaphoreSlim Reached { get; } = new(0);

        public override void Flush()
        {
            if (IsFull)
            {
                Reached.Release();
                throw new IOException("No space left on device");
            }
        }

        protected override void Dispose(bool disposing)
        {
            Reached.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>A log whose audit category can be held up, or throw.</summary>
    private sealed class SlowLog : ILoggerProvider, ILogger
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);

        private int _passed;

        public SemaphoreSlim Reached { get; } = new(0);

        /// <summary>How many events it has taken.</summary>
        public int Passed => Volatile.Read(ref _passed);

        public bool Throws { get; set; }

        public void Stop() => _open.Reset();

        public void Resume() => _open.Set();

        public ILogger CreateLogger(string categoryName) =>
            categoryName == AuditTrail.Category ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!_open.IsSet || Throws)
            {
                Reached.Release();
            }

            _open.Wait(TestContext.Current.CancellationToken);
            if (Throws)
            {
                throw new InvalidOperationException();
            }

            Interlocked.Increment(ref _passed);
        }

        public void Dispose()
        {
            _open.Dispose();
            Reached.Dispose();
        }
    }
}
