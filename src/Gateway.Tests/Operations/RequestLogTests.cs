using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using NclueGateway.Operations;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Operations;

/// <summary>One line for each request, HTTP in, log event out.</summary>
public sealed class RequestLogTests
{
    [Fact]
    public async Task A_line_tells_how_a_request_ended_and_nothing_the_caller_made_up()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();
        var page = await gateway.ReadAsync();
        gateway.Client.DefaultRequestHeaders.Add("If-None-Match", page.Headers["ETag"]);
        await gateway.ReadAsync();
        using (await anonymous.GetAsync("/health/live?canary", TestContext.Current.CancellationToken))
        using (await anonymous.GetAsync("/api/task-runs?token=canary", TestContext.Current.CancellationToken))
        using (await anonymous.GetAsync("/canary/canary", TestContext.Current.CancellationToken))
        using (await anonymous.SendAsync(new(new HttpMethod("CANARY"), "/canary"), TestContext.Current.CancellationToken))
        using (await gateway.Client.GetAsync("/api/task-runs?limit=canary", TestContext.Current.CancellationToken))
        {
        }

        var lines = await LinesAsync(gateway);

        lines.Select(Text).ShouldBe(
            [
                "Debug GET /api/task-runs 200",
                "Debug GET /api/task-runs 304",
                "Debug GET /health/live 200",
                "Information GET /api/task-runs 401",
                "Information GET - 404",
                "Information _OTHER - 404",
                "Information GET /api/task-runs 400",
            ], ignoreOrder: true);
        lines.ShouldAllBe(line => !(line.Message + string.Concat(line.StructuredState!)).Contains("canary"));
    }

    [Fact]
    public async Task A_line_has_the_trace_id_of_the_problem()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Keys[GatewayHost.AccessKey] = "another-secret";

        var answer = await gateway.ReadAsync();
        var line = (await LinesAsync(gateway)).ShouldHaveSingleItem();

        Text(line).ShouldBe("Warning GET /api/task-runs 502");
        line.GetStructuredStateValue("TraceId").ShouldBe((string?)answer.Json["traceId"]);
    }

    [Fact]
    public async Task A_line_tells_how_long_the_request_took()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250 });
        await gateway.ReadAsync();
        var waiting = gateway.ReadAsync(index: 100);
        await gateway.UntilWaitingAsync(1);
        gateway.AdvanceOneInterval();
        await waiting;

        (await LinesAsync(gateway)).Select(line => line.GetStructuredStateValue("DurationMs")).ShouldBe(["0", "1050"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_caller_that_leaves_is_no_error()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var leaving = new CancellationTokenSource();
        var reading = gateway.Client.GetAsync("/api/task-runs?index=100", leaving.Token);
        await gateway.UntilWaitingAsync(1);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => reading);

        var lines = await LinesAsync(gateway);

        Text(lines.ShouldHaveSingleItem()).ShouldBe("Debug GET /api/task-runs 499");
    }

    /// <summary>When its answer has begun, no problem can take its place, and the status says nothing.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_fails_after_its_answer_has_begun_is_an_error(bool isAtOnce)
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?>());
        var failure = new InvalidOperationException();
        var log = new RequestLog(
            _ => isAtOnce ? throw failure : Task.FromException(failure), logs.Services.GetRequiredService<RequestTrail>(), TimeProvider.System);

        (await Record.ExceptionAsync(() => log.InvokeAsync(new DefaultHttpContext()))).ShouldBe(failure);

        logs.Events().ShouldHaveSingleItem().GetProperty("@l").GetString().ShouldBe("Error");
    }

    /// <summary>Whoever is refused waits for a log that is slow no more than whoever is answered.</summary>
    [Fact]
    public async Task Lines_are_written_behind_the_requests_and_together()
    {
        var writer = new SlowWriter();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.AddLogs([]);
        builder.Services.AddMetrics().AddSingleton(TimeProvider.System).AddRequestLog().AddKeyedSingleton<TextWriter>(Logs.Output, writer);
        await using var app = builder.Build();
        app.UseMiddleware<RequestLog>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(app.Urls.Single()) };

        writer.Stop();
        await AskAsync();
        await writer.Reached.WaitAsync(TestContext.Current.CancellationToken); // its line is out of the queue now
        for (var i = 0; i < 20; i++)
        {
            await AskAsync();
        }

        writer.Lines.ShouldAllBe(lines => lines == 0);
        writer.Resume();
        await app.StopAsync(TestContext.Current.CancellationToken);
        writer.Lines[^1].ShouldBe(21);
        writer.Lines.Distinct().ShouldBe([0, 1, 21]);

        async Task AskAsync()
        {
            using var answer = await client.GetAsync("/", TestContext.Current.CancellationToken);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task Lines_that_the_log_does_not_take_are_counted_and_told_and_are_no_gap_of_the_audit()
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?>());
        var meters = logs.Services.GetRequiredService<IMeterFactory>();
        using var lines = new MetricCollector<long>(meters, "NclueGateway", "nclue_gateway.request_log.dropped");
        using var events = new MetricCollector<long>(meters, "NclueGateway", "nclue_gateway.audit.dropped");
        var trail = logs.Services.GetRequiredService<RequestTrail>();

        logs.IsFull = true;
        trail.Record(new(LogLevel.Information, "GET", null, 404));
        logs.IsFull = false;
        trail.Record(new(LogLevel.Information, "GET", null, 404));

        lines.GetMeasurementSnapshot().EvaluateAsCounter().ShouldBe(1);
        events.GetMeasurementSnapshot().ShouldBeEmpty();
        logs.Text().ShouldContain("{Dropped} lines of the request log were dropped");
    }

    /// <summary>Reads from memory are what the gateway is for: what is not written must not cost them anything.</summary>
    [Fact]
    public async Task A_line_that_is_not_written_allocates_nothing()
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?>());
        var log = new RequestLog(_ => Task.CompletedTask, logs.Services.GetRequiredService<RequestTrail>(), TimeProvider.System);
        var context = new DefaultHttpContext();
        await log.InvokeAsync(context);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            log.InvokeAsync(context).IsCompletedSuccessfully.ShouldBeTrue();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000);
        logs.Events().ShouldBeEmpty();
    }

    /// <summary>Of the requests up to the end of the gateway, without the one that the host starts with.</summary>
    private static async Task<List<FakeLogRecord>> LinesAsync(GatewayHost gateway)
    {
        await gateway.StopAsync();
        return [.. gateway.Logs.GetSnapshot().Where(entry => entry.Category == RequestTrail.Category).Skip(1)];
    }

    private static string Text(FakeLogRecord line) =>
        $"{line.Level} {string.Join(' ', new[] { "Method", "Route", "Status" }.Select(property => line.GetStructuredStateValue(property) ?? "-"))}";

    /// <summary>Can be held up when it is to write what it has.</summary>
    private sealed class SlowWriter : StringWriter
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);

        public SemaphoreSlim Reached { get; } = new(0);

        /// <summary>How many lines of requests there were, each time.</summary>
        public List<int> Lines { get; } = [0];

        public void Stop() => _open.Reset();

        public void Resume() => _open.Set();

        public override void Flush()
        {
            if (!_open.IsSet)
            {
                Reached.Release();
            }

            _open.Wait(TestContext.Current.CancellationToken);
            Lines.Add(ToString().Split(RequestTrail.Category).Length - 1);
        }

        protected override void Dispose(bool disposing)
        {
            _open.Dispose();
            Reached.Dispose();
            base.Dispose(disposing);
        }
    }
}
