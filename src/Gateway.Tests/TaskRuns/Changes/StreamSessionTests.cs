using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>The streams of browser sessions: one lookup for all streams of a session, and no longer life for it.</summary>
/// <remarks>Each step of the clock leaves the streams some real time, which a busy processor does not give them.</remarks>
[Trait("Needs", "RealTime")]
public sealed class StreamSessionTests : IAsyncLifetime
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly CountingCache _store = new();
    private GatewayHost? _surroundings;
    private GatewayHost? _gateway;

    private GatewayHost Surroundings => _surroundings!;

    private GatewayHost Gateway => _gateway!;

    public async ValueTask InitializeAsync()
    {
        _surroundings = await SessionHost.StartAsync();
        await Surroundings.CompleteAsync();
        _gateway = await Surroundings.StartReplicaAsync(
            SessionHost.Settings(("Changes:StreamFor", "1.00:00:00"), ("Quota:Streams", "100")),
            Surroundings.Clock,
            services => services.AddSingleton<IDistributedCache>(_store),
            environment: "Development");
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Surroundings.DisposeAsync();
    }

    [Fact]
    public async Task A_session_is_looked_up_as_often_for_forty_streams_as_for_one()
    {
        using var browser = await SignedInAsync();
        using var client = Browser(browser);
        await using var first = await OpenAsync(client);
        var alone = await CountAsync();
        var readers = new List<EventReader> { };
        for (var count = 0; count < 39; count++)
        {
            readers.Add(await OpenAsync(client));
        }

        await Gateway.UntilOpenAsync(40);
        (await CountAsync()).ShouldBe(alone);
        alone.ShouldBeInRange(2, 40);
        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_open_stream_does_not_extend_the_idle_time_and_ends_with_it()
    {
        using var browser = await SignedInAsync();
        using var client = Browser(browser);
        await using var reader = await OpenAsync(client);
        var opened = Surroundings.Clock.GetUtcNow();

        var end = await LetPassUntilAsync(reader.NextAsync("end"), TimeSpan.FromSeconds(4));

        end.Data.ShouldBe("""{"reason":"session"}""");
        (Surroundings.Clock.GetUtcNow() - opened).ShouldBeInRange(TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(62));
        Surroundings.Issuer.SignIn.Refreshes.ShouldBeInRange(10, 12); // the provider was asked for the stream alone
    }

    [Fact]
    public async Task Opening_a_stream_extends_the_idle_time()
    {
        using var browser = await SignedInAsync();
        using var client = Browser(browser);
        await PassAsync(TimeSpan.FromMinutes(50), Minute);
        await using (var reader = await OpenAsync(client))
        {
        }

        await Gateway.UntilOpenAsync(0); // no stream has to look for its session at each step of the clock
        await PassAsync(TimeSpan.FromMinutes(50), Minute);

        (await browser.GetAsync("/api/task-runs?limit=0")).StatusCode.ShouldBe(HttpStatusCode.BadRequest); // signed in
    }

    /// <summary>Returns the number of reads of the store in half a minute.</summary>
    private async Task<int> CountAsync()
    {
        var before = _store.Reads;
        await PassAsync(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2));
        return _store.Reads - before;
    }

    private async Task PassAsync(TimeSpan time, TimeSpan step)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += step)
        {
            Surroundings.Clock.Advance(step);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private async Task<T> LetPassUntilAsync<T>(Task<T> task, TimeSpan step)
    {
        while (!task.IsCompleted)
        {
            Surroundings.Clock.Advance(step);
            await ((Task)task)
                .WaitAsync(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return await task;
    }

    private async Task<CookieClient> SignedInAsync()
    {
        var browser = new CookieClient(Gateway.Address);
        await browser.SignInAsync();
        return browser;
    }

    private HttpClient Browser(CookieClient browser)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = Gateway.Address };
        client.DefaultRequestHeaders.Add("Cookie", $"__Host-nclue-session={browser.Session}");
        return client;
    }

    private static async Task<EventReader> OpenAsync(HttpClient client)
    {
        var reader = await EventReader.OpenAsync(client, "", ("Sec-Fetch-Site", "same-origin"));
        reader.Status.ShouldBe(HttpStatusCode.OK);
        await reader.NextAsync();
        return reader;
    }

    /// <summary>The store of a single replica without Redis, which counts the reads.</summary>
    private sealed class CountingCache : IDistributedCache
    {
        private readonly ConcurrentDictionary<string, byte[]> _values = new();
        private int _reads;

        public int Reads => Volatile.Read(ref _reads);

        public byte[]? Get(string key) => throw new NotSupportedException();

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default)
        {
            Interlocked.Increment(ref _reads);
            return Task.FromResult(_values.GetValueOrDefault(key));
        }

        public void Refresh(string key) => throw new NotSupportedException();

        public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

        public void Remove(string key) => throw new NotSupportedException();

        public Task RemoveAsync(string key, CancellationToken token = default)
        {
            _values.TryRemove(key, out _);
            return Task.CompletedTask;
        }

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            _values[key] = value;
            return Task.CompletedTask;
        }
    }
}
