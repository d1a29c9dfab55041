using NclueGateway.Client;
using NclueGateway.Tests.Sandbox;

namespace NclueGateway.Tests.Clients;

/// <summary>A caller that watches the list with the C# client, by a clock that the test advances.</summary>
internal sealed class WatchedList : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // of the real clock
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    private readonly CancellationTokenSource _leaving = new();
    private readonly HttpClient _http;
    private readonly IAsyncEnumerator<TaskRunUpdate> _updates;
    private Task<bool>? _next;

    public WatchedList(Uri gateway, string? since = null, HttpMessageHandler? handler = null)
    {
        _http = new(handler ?? new SocketsHttpHandler()) { BaseAddress = gateway };
        var options = new WatchOptions { Since = since, OnFailure = failure => Failures.Add(failure) };
        _updates = new NclueGatewayClient(_http, Time).WatchAsync(options, _leaving.Token).GetAsyncEnumerator();
    }

    public TimerWatch Time { get; } = new();

    public List<Exception> Failures { get; } = [];

    /// <summary>The caller's copy of the list.</summary>
    public SortedDictionary<string, TaskRun> Runs { get; } = new(StringComparer.Ordinal);

    /// <summary>The copy as text: the id of each run, with an exclamation mark if it has failed.</summary>
    public string Text => string.Join(' ', Runs.Values.Select(run => run.Id + (run.Status == TaskRunStatus.Failed ? "!" : "")));

    /// <summary>Returns the next update, and applies it.</summary>
    public async Task<TaskRunUpdate> NextAsync()
    {
        (await BeginAsync()).ShouldBeTrue("the sequence ended");
        _updates.Current.ApplyTo(Runs);
        return _updates.Current;
    }

    /// <summary>Returns the next update of a kind, and skips bookmarks.</summary>
    public async Task<T> NextAsync<T>()
        where T : TaskRunUpdate
    {
        while (true)
        {
            var next = await NextAsync();
            if (next is not TaskRunBookmark || typeof(T) == typeof(TaskRunBookmark))
            {
                return next.ShouldBeOfType<T>();
            }
        }
    }

    /// <summary>Returns the exception that ends the sequence.</summary>
    public Task<T> EndAsync<T>()
        where T : Exception => Should.ThrowAsync<T>(BeginAsync());

    /// <summary>Asks for the next update, without waiting for it.</summary>
    public async Task<bool> BeginAsync()
    {
        var next = _updates.MoveNextAsync().AsTask();
        _next = next;
        await ((Task)next).WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!next.IsCompleted)
        {
            Assert.Fail(string.Join(", ", ["The client waits", .. Failures.Select(failure => failure.Message), .. Waits()]));
        }

        return await next;
    }

    /// <summary>Returns the waits on the client's clock that no test has looked at: none while it waits for a response.</summary>
    private IEnumerable<string> Waits()
    {
        while (Time.NextWaitAsync() is { IsCompletedSuccessfully: true, Result: var wait })
        {
            yield return $"{wait}";
        }
    }

    /// <summary>Returns how long the client waits before it tries again.</summary>
    public async Task<TimeSpan> NextDelayAsync()
    {
        while (true)
        {
            var wait = Time.NextWaitAsync();
            await Task.WhenAny(wait, _next!);
            if (!wait.IsCompleted)
            {
                await _next!; // throws if the sequence has ended
            }

            if (await wait is var delay && delay != Silence)
            {
                return delay;
            }
        }
    }

    /// <summary>Lets the client wait before it tries again, for the given time more or less.</summary>
    public async Task DelayAsync(double seconds)
    {
        var delay = await NextDelayAsync();
        delay.ShouldBeInRange(TimeSpan.FromSeconds(0.8 * seconds), TimeSpan.FromSeconds(1.2 * seconds));
        Time.Advance(delay);
    }

    public Task LeaveAsync() => _leaving.CancelAsync();

    /// <summary>Stops listening between two updates, as <c>break</c> does.</summary>
    public ValueTask BreakAsync() => _updates.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        _leaving.Dispose();
        _http.Dispose();
    }
}
