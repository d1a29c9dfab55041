using System.Xml.Linq;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Access.Sessions;
using NclueGateway.Redis;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;
using StackExchange.Redis;

namespace NclueGateway.Tests.Access.Sessions;

/// <summary>Entries of the key ring that are not keys: they are skipped, with one warning.</summary>
[Trait("Needs", "Processes")]
public sealed class StoredKeysTests(TestRedis redis) : IAsyncLifetime
{
    private const string Time = "2026-01-01T00:00:00Z";

    private readonly string _key = $"nclue-gateway:odd:{Guid.NewGuid():N}";
    private readonly FakeLogger<UnreadableValues> _log = new();
    private readonly FakeTimeProvider _time = new();
    private RedisConnection? _connection;

    private RedisConnection Connection => _connection!;

    private StoredKeys Keys => new(Connection, new UnreadableValues(_log), _key);

    public async ValueTask InitializeAsync() => _connection = new(new() { Redis = await redis.ConnectionStringAsync() });

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    [Theory]
    [InlineData("9999-12-31T23:59:59-14:00")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("99999-01-01T00:00:00Z")]
    [InlineData("-0001-01-01T00:00:00Z")]
    [InlineData("2026-01-01T00:00:00+99:99")]
    [InlineData("2026-01-01T00:00:00+14:01")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("24:00:00")]
    [InlineData("")]
    public async Task A_time_that_is_none_makes_no_key_and_no_revocation(string time)
    {
        await AddAsync(
            OddValues.Key(time),
            OddValues.Key(Time).Replace($"<expirationDate>{Time}", $"<expirationDate>{time}", StringComparison.Ordinal),
            $"<revocation version='1'><revocationDate>{time}</revocationDate><key id='*'/></revocation>", OddValues.Key(Time));

        Keys.GetAllElements().ShouldHaveSingleItem().Element("expirationDate")!.Value.ShouldBe(Time);

        _log.Collector.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(0, StoredKeys.MaxEntryLength, 1)]
    [InlineData(0, StoredKeys.MaxEntryLength + 1, 0)]
    [InlineData(2_000, StoredKeys.MaxEntryLength, 1)]
    [InlineData(100_000, 1_000_000, 0)]
    public async Task A_key_that_is_longer_or_deeper_than_keys_are_is_left_out_before_it_needs_a_stack(int depth, int length, int expected)
    {
        var nested = string.Concat(Enumerable.Repeat("<a>", depth).Concat(Enumerable.Repeat("</a>", depth)));
        var attribute = $"seal='{Convert.ToBase64String(new byte[32])}'"; // has to be computed to find that it is wrong
        await AddAsync(OddValues.Key(Time, nested + new string(' ', length - OddValues.Key(Time, nested, attribute).Length), attribute));
        var seal = new KeySeal(CertificateText.Read(Browsers.CreateCertificate(TimeProvider.System.GetUtcNow().AddDays(1)))!);

        XElement[] found = [];
        var good = 1;
        var thread = new Thread(
            () =>
            {
                found = [.. Keys.GetAllElements()];
                good = found.Count(seal.IsGood);
            },
            maxStackSize: 1024 * 1024); // smaller than that of a thread pool thread
        thread.Start();
        thread.Join();
        (found.Length, good).ShouldBe((expected, 0));
    }

    [Fact]
    public async Task Of_a_list_that_is_too_long_the_latest_entries_are_read()
    {
        await AddAsync([
            .. Enumerable.Range(0, StoredKeys.MaxEntries + 5)
                .Select(i => OddValues.Key(Time, id: $"00000000-0000-0000-0000-{i:000000000000}")),
        ]);

        var ids = Keys.GetAllElements().Select(element => (string)element.Attribute("id")!).ToList();

        ids.Count.ShouldBe(StoredKeys.MaxEntries);
        ids[^1].ShouldEndWith($"{StoredKeys.MaxEntries + 4}");
        _log.Collector.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_entry_that_the_key_ring_fails_at_does_not_end_it()
    {
        await AddAsync(OddValues.Key(Time));
        var circuit = new RedisCircuit(TimeProvider.System, NullLogger<RedisCircuit>.Instance);
        await circuit.ProbeAsync(async () => (await Connection.GetAsync()).IsConnected, RedisCircuit.StartPatience);
        var seal = new KeySeal(CertificateText.Read(Browsers.CreateCertificate(TimeProvider.System.GetUtcNow().AddDays(1)))!);
        var failing = new FailingLog(); // receives the warning of the key without a seal
        using var ring = new RedisKeyRepository(Connection, circuit, new UnreadableValues(_log), _time, failing, _key, seal);
        await ring.StartAsync(TestContext.Current.CancellationToken);

        await ReplicaSettings.EventuallyAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(failing.Count > 0 && _log.Collector.Count == 1);
            },
            isDone => isDone);

        ring.ExecuteTask!.IsCompleted.ShouldBeFalse();
        await ring.StopAsync(TestContext.Current.CancellationToken);
    }

    private async Task AddAsync(params string[] entries)
    {
        var database = (await Connection.GetAsync()).GetDatabase();
        await database.ListRightPushAsync(_key, [.. entries.Select(entry => (RedisValue)entry)]);
        await database.KeyExpireAsync(_key, TimeSpan.FromMinutes(1));
    }

    private sealed class FailingLog : ILogger<RedisKeyRepository>
    {
        public int Count { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Count++;
            throw new InvalidOperationException("As a value could make it fail.");
        }
    }
}
