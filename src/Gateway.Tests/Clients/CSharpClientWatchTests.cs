using System.Net;
using NclueGateway.Client;
using NclueGateway.Tests.Sandbox;
using NclueGateway.Tests.Upstream;
using static NclueGateway.Tests.Clients.CSharpClientResponseTests;
using static NclueGateway.Tests.Upstream.RawUpstream;

namespace NclueGateway.Tests.Clients;

/// <summary>Watching of a page by the C# client: the rules of <c>docs/frontend.md</c>.</summary>
public sealed class CSharpClientWatchTests : IDisposable
{
    private static readonly byte[] Unchanged = "HTTP/1.1 304 X\r\n\r\n"u8.ToArray();

    private readonly TimerWatch _time = new();
    private readonly List<Exception> _failures = [];
    private readonly CancellationTokenSource _leaving = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_looks_every_ten_seconds_while_a_run_is_unfinished_else_every_minute_and_shows_what_has_changed()
    {
        await using var server = Sending(
            WithRuns("\"1\"", Run("a", "registered"), Run("b")),
            Unchanged,
            WithRuns("\"2\"", Run("a", "pending"), Run("b")),
            WithRuns("\"3\"", Run("a", "in_progress"), Run("b")),
            WithRuns("\"4\"", Run("a"), Run("b")),
            WithRuns("\"5\"", Run("a"), Run("b")), // another tag, but the same content
            Unchanged,
            WithRuns("\"6\"", Run("c", "unknown"), Run("a")));
        var watch = Watch(server);

        await ShouldShowAsync(watch, "a Registered, b Completed");
        await ShouldShowAsync(watch, "a Pending, b Completed", 10, 10);
        await ShouldShowAsync(watch, "a InProgress, b Completed", 10);
        await ShouldShowAsync(watch, "a Completed, b Completed", 10);
        await ShouldShowAsync(watch, "c Unknown, a Completed", 60, 60, 60);

        _failures.ShouldBeEmpty();
        server.Requests[^1].ShouldContain("If-None-Match: \"5\"");
    }

    [Fact]
    public async Task A_temporary_failure_does_not_end_it()
    {
        var server = Sending(
            WithRuns("\"1\"", Run("a", "pending")),
            RawUpstream.Http(503, [], "Retry-After: 45"), // longer than one read may wait
            RawUpstream.Http(502, "<html>"u8.ToArray(), "Content-Type: text/html"),
            RawUpstream.Http(500, [], "Retry-After: 5"),
            RawUpstream.Http(429, []),
            WithRuns("\"2\"", Run("a", "failed")));
        var watch = Watch(server);

        await ShouldShowAsync(watch, "a Pending");
        await ShouldShowAsync(watch, "a Failed", 10, 45, 30, 5, 30);
        await server.DisposeAsync();
        await ShouldGoOnAsync(watch, 60, 30);

        _failures.Select(failure => (int?)((HttpRequestException)failure).StatusCode).ShouldBe([503, 502, 500, 429, null]);
    }

    [Fact]
    public async Task A_truncated_response_does_not_end_it()
    {
        byte[][] responses =
        [
            RawUpstream.Http(
                200, """{"index":0,"limit":20,"runs":[]}"""u8.ToArray(), "Content-Type: application/json", "Connection: close"),
            "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"u8.ToArray(),
        ];
        await using var server = Start(n => Task.FromResult<byte[]?>(responses[n - 1]), closes: true);
        var watch = Watch(server);

        await ShouldShowAsync(watch, "");
        await ShouldGoOnAsync(watch, 60, 30);

        _failures.ShouldHaveSingleItem().ShouldBeOfType<NclueGatewayException>().HttpRequestError.ShouldBe(HttpRequestError.ResponseEnded);
    }

    [Fact]
    public async Task A_response_that_does_not_come_in_time_does_not_end_it()
    {
        await using var server = Sending(WithRuns("\"1\"", Run("a")));
        using var network = new HttpClient(new Slow()) { BaseAddress = server.BaseAddress };
        var watch = new NclueGatewayClient(network, _time)
            .WatchAsync(onFailure: _failures.Add, cancellationToken: _leaving.Token).GetAsyncEnumerator(Token);

        await ShouldShowAsync(watch, "a Completed");
        await ShouldGoOnAsync(watch, 60, 30);

        _failures.ShouldHaveSingleItem().InnerException.ShouldBeOfType<TimeoutException>();
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(400)]
    [InlineData(404)]
    public async Task A_permanent_failure_ends_it(int status)
    {
        await using var server = Sending(WithRuns("\"1\"", Run("a")), RawUpstream.Http(status, []));
        var watch = Watch(server);
        await ShouldShowAsync(watch, "a Completed");

        var next = watch.MoveNextAsync().AsTask();
        await ShouldWaitAsync(60);

        (await Should.ThrowAsync<NclueGatewayException>(next)).StatusCode.ShouldBe((HttpStatusCode)status);
        _failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task It_does_not_begin_with_a_failure()
    {
        await using var server = Sending(RawUpstream.Http(502, []));
        var watch = Watch(server);

        await Should.ThrowAsync<NclueGatewayException>(watch.MoveNextAsync().AsTask());

        _failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task It_ends_when_it_is_cancelled()
    {
        await using var server = Sending(WithRuns("\"1\"", Run("a")));
        var watch = Watch(server);
        await ShouldShowAsync(watch, "a Completed");

        var next = watch.MoveNextAsync().AsTask();
        await _time.NextWaitAsync();
        await _leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(next);
    }

    public void Dispose() => _leaving.Dispose();

    private static RawUpstream Sending(params byte[][] responses) => Start(n => Task.FromResult<byte[]?>(responses[n - 1]));

    private static byte[] WithRuns(string tag, params string[] runs) => RawUpstream.Http(
        200,
        System.Text.Encoding.UTF8.GetBytes($$"""{"index":0,"limit":20,"total":{{runs.Length}},"runs":[{{string.Join(',', runs)}}]}"""),
        "Content-Type: application/json", "ETag: " + tag);

    private IAsyncEnumerator<TaskRunPage> Watch(RawUpstream server) => new NclueGatewayClient(Network(server), _time)
        .WatchAsync(onFailure: _failures.Add, cancellationToken: _leaving.Token).GetAsyncEnumerator(Token);

    /// <summary>Checks the next shown page, and the waits before it in seconds.</summary>
    private async Task ShouldShowAsync(IAsyncEnumerator<TaskRunPage> watch, string runs, params int[] waits)
    {
        var next = watch.MoveNextAsync().AsTask();
        foreach (var seconds in waits)
        {
            await ShouldWaitAsync(seconds);
        }

        (await next).ShouldBeTrue();
        string.Join(", ", watch.Current.Runs.Select(run => $"{run.Id} {run.Status}")).ShouldBe(runs);
    }

    /// <summary>Checks that nothing is shown, and that the client waits twice for the given times.</summary>
    private async Task ShouldGoOnAsync(IAsyncEnumerator<TaskRunPage> watch, int first, int second)
    {
        var next = watch.MoveNextAsync().AsTask();
        await ShouldWaitAsync(first);
        (await _time.NextWaitAsync()).ShouldBe(TimeSpan.FromSeconds(second));
        next.IsCompleted.ShouldBeFalse();
        await _leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(next);
    }

    private async Task ShouldWaitAsync(int seconds)
    {
        (await _time.NextWaitAsync()).ShouldBe(TimeSpan.FromSeconds(seconds));
        _time.Advance(TimeSpan.FromSeconds(seconds));
    }

    /// <summary>Passes the first request on, and lets all others time out.</summary>
    private sealed class Slow() : DelegatingHandler(new SocketsHttpHandler())
    {
        private bool _asked;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var isFirst = !_asked;
            _asked = true;
            return isFirst
                ? base.SendAsync(request, cancellationToken)
                : Task.FromException<HttpResponseMessage>(new TaskCanceledException("Too late.", new TimeoutException()));
        }
    }
}
