using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access.Sessions;

/// <summary>
/// Lookups in the session store for unknown cookies: none on public paths, elsewhere a limited number per address.
/// </summary>
public sealed class SessionLookupTests : IAsyncLifetime
{
    private const int PerSecond = 4;

    private readonly CountingCache _store = new();
    private GatewayHost? _surroundings;
    private GatewayHost? _gateway;

    private GatewayHost Gateway => _gateway!;

    public async ValueTask InitializeAsync()
    {
        var settings = SessionHost.Settings(("Quota:AnonymousPerSecond", $"{PerSecond}"));
        _surroundings = await SessionHost.StartAsync();
        _gateway = await _surroundings.StartReplicaAsync(
            settings, _surroundings.Clock, services => services.AddSingleton<IDistributedCache>(_store), environment: "Development");
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await _surroundings!.DisposeAsync();
    }

    [Fact]
    public async Task Open_paths_look_up_no_session()
    {
        foreach (var (method, path) in new[]
        {
            ("GET", "/"), ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/problems"), ("GET", "/openapi/v1.json"),
            ("GET", "/metrics"),
            ("GET", "/nothing"), ("POST", "/health/live"),
            ("GET", "/session/login"), ("GET", "/session/callback"), ("POST", "/session/backchannel-logout"),
        })
        {
            using var browser = Stranger();
            using var response = await browser.SendAsync(new(method), path);
            response.StatusCode.ShouldNotBe(HttpStatusCode.Unauthorized);
            _store.Reads.ShouldBe(0, $"{method} {path}");
        }
    }

    [Theory]
    [InlineData("GET", "/api/task-runs")]
    [InlineData("GET", "/session")]
    [InlineData("POST", "/session/logout")]
    public async Task One_address_may_have_so_many_cookies_looked_up_that_name_no_session(string method, string path)
    {
        for (var i = 0; i < PerSecond; i++)
        {
            await ShouldBeUnknownAsync();
        }

        await ShouldBeRefusedAsync();
        _surroundings!.Clock.Advance(TimeSpan.FromMilliseconds(249));
        await ShouldBeRefusedAsync();
        _surroundings.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await ShouldBeUnknownAsync();
        await ShouldBeRefusedAsync();

        async Task ShouldBeUnknownAsync()
        {
            var before = _store.Reads;
            using var browser = Stranger();
            using var response = await browser.SendAsync(new(method), path);
            await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
            _store.Reads.ShouldBeGreaterThan(before);
        }

        async Task ShouldBeRefusedAsync()
        {
            var before = _store.Reads;
            using var browser = Stranger();
            using var response = await browser.SendAsync(new(method), path);
            await response.ShouldBeProblemAsync(AccessProblems.CallerQuota);
            response.Headers.GetValues("Retry-After").ShouldBe(["1"]);
            using var missing = await browser.GetAsync("/api/nothing");
            await missing.ShouldBeProblemAsync(HttpProblems.NotFound);
            _store.Reads.ShouldBe(before);
        }
    }

    [Fact]
    public async Task Many_at_once_are_all_counted_and_sessions_that_were_seen_go_on()
    {
        using var person = new CookieClient(Gateway.Address);
        await person.SignInAsync();
        (await person.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        await Task.WhenAll(Enumerable.Range(0, 3 * PerSecond).Select(async _ =>
        {
            using var browser = Stranger();
            using var response = await browser.GetAsync("/api/task-runs");
        }));

        using var stranger = Stranger();
        using var refused = await stranger.GetAsync("/api/task-runs");
        await refused.ShouldBeProblemAsync(AccessProblems.CallerQuota);
        (await person.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);

        // Longer than the replica trusts its cache: the store is read again.
        var before = _store.Reads;
        _surroundings!.Clock.Advance(TimeSpan.FromSeconds(11));
        (await person.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        _store.Reads.ShouldBeGreaterThan(before);
    }

    private CookieClient Stranger() => new(Gateway.Address) { Session = Cookie() };

    private static string Cookie() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 43);

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
