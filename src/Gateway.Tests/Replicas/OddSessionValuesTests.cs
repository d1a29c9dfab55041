using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NclueGateway.Access.Sessions;
using NclueGateway.Budget;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;

namespace NclueGateway.Tests.Replicas;

/// <summary>Values that another program writes to the keys of sessions. The gateway's clock is the test's.</summary>
[Trait("Needs", "RealTime")]
public sealed class OddSessionValuesTests : IAsyncLifetime
{
    private const string Times =
        "<creationDate>2026-01-01T00:00:00Z</creationDate><activationDate>2026-01-01T00:00:00Z</activationDate>"
        + "<expirationDate>9999-12-31T23:59:59-14:00</expirationDate>";

    private string _sid = "";
    private RedisServer? _redis;
    private GatewayHost? _gateway;
    private ConnectionMultiplexer? _connection;

    private Dictionary<string, string?> Settings { get; } = SessionHost.Settings(("Auth:Session:AllowUnencryptedKeys", "true"));

    private GatewayHost Gateway => _gateway!;

    private IDatabase Database => _connection!.GetDatabase();

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        Settings["ConnectionStrings:Redis"] = _redis.Address;
        _gateway = await GatewayHost.StartAsync(settings: Settings, environment: "Development", provider: issuer =>
            issuer.SignIn.ChangeIdToken = token => _sid = (string)token.Claims["sid"]!);
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.Address);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await _connection!.DisposeAsync();
        await _redis!.DisposeAsync();
    }

    [Theory]
    [InlineData("ticket", "a list", HttpStatusCode.Unauthorized)]
    [InlineData("ticket", "an odd expiry", HttpStatusCode.Unauthorized)]
    [InlineData("ticket", "bytes", HttpStatusCode.Unauthorized)]
    [InlineData("idle", "a list", HttpStatusCode.OK)]
    [InlineData("idle", "an odd expiry", HttpStatusCode.OK)]
    [InlineData("idle", "bytes", HttpStatusCode.OK)]
    [InlineData("idle", "a time that is none", HttpStatusCode.OK)]
    [InlineData("end", "a list", HttpStatusCode.OK)]
    [InlineData("end", "bytes", HttpStatusCode.OK)]
    [InlineData("sid", "an odd expiry", HttpStatusCode.OK)]
    [InlineData("sid", "bytes", HttpStatusCode.OK)]
    [InlineData("sub", "a list", HttpStatusCode.OK)]
    [InlineData("sub", "a time that is none", HttpStatusCode.OK)]
    public async Task A_session_that_does_not_read_back_is_at_worst_signed_out(string what, string value, HttpStatusCode expected)
    {
        using var browser = new CookieClient(Gateway.Address);
        await browser.SignInAsync();
        Gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        await UseAsync(browser);

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(browser.Session!)));
        var ticket = (await KeysAsync()).Single(key => key.EndsWith(hash, StringComparison.Ordinal));
        var key = what switch
        {
            "ticket" => ticket,
            "sid" => $"{Browsers.Prefix(Gateway)}sid:{SessionRepository.Hash(_sid)}:end",
            "sub" => $"{Browsers.Prefix(Gateway)}sub:{SessionRepository.Hash("alice")}:end",
            _ => $"{ticket}:{what}",
        };
        await SpoilAsync(key, value);
        for (var read = 0; read < 3; read++)
        {
            Gateway.Clock.Advance(TimeSpan.FromSeconds(11)); // after ten the session is read from Redis again
            await EachSecondAsync(SeeAsync, seen => seen == (expected, 1)); // while Redis seems to be away, the cached session counts
        }

        using var again = new CookieClient(Gateway.Address);
        await SignInAsync(again);
        await UseAsync(again);

        async Task<(HttpStatusCode, int)> SeeAsync()
        {
            using var session = await browser.GetAsync("/session");
            var warnings = Gateway.Warnings().Count(warning => warning.StartsWith("A value in Redis for ", StringComparison.Ordinal));
            return (session.StatusCode, warnings);
        }
    }

    [Theory]
    [InlineData("<<<")]
    [InlineData("<key id='1'/>")]
    [InlineData("<revocation version='1'><key/></revocation>")]
    [InlineData($"<key id='01234567-89ab-cdef-0123-456789abcdef' version='1'>{Times}</key>")]
    [InlineData("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")]
    [InlineData(null)]
    public async Task A_key_ring_with_an_entry_that_is_none_serves_those_who_are_signed_in_and_those_who_come(string? entry)
    {
        using var browser = new CookieClient(Gateway.Address);
        await browser.SignInAsync();
        var ring = (await KeysAsync()).Single(key => key.EndsWith("data-protection-keys", StringComparison.Ordinal));
        if (entry is null)
        {
            await Database.KeyDeleteAsync(ring);
            await Database.StringSetAsync(ring, "x");
        }
        else
        {
            await Database.ListRightPushAsync(ring, entry);
        }

        // Redis is cut off for a moment. When it is back, the ring is read again.
        await _redis!.SignalAsync("STOP");
        await EachSecondAsync(Gateway.ReadinessAsync, readiness => readiness == "200 Degraded");
        await _redis.SignalAsync("CONT");
        await EachSecondAsync(Gateway.ReadinessAsync, readiness => readiness == "200 Healthy");
        await EachSecondAsync(
            () => Task.FromResult(Gateway.Warnings()), warnings => warnings.Any(warning => warning.Contains("the key ring")));
        await EachSecondAsync(() => Database.KeyTypeAsync(ring), type => type == RedisType.List); // the known keys are restored
        await using var other = await Gateway.StartReplicaAsync(Settings, Gateway.Clock, environment: "Development");
        foreach (var gateway in new[] { Gateway, other })
        {
            using var newcomer = new CookieClient(gateway.Address);
            await SignInAsync(newcomer);
            gateway.Services.GetServices<IHostedService>().OfType<BackgroundService>()
                .ShouldAllBe(service => !service.ExecuteTask!.IsCompleted);
            gateway.Logs.GetSnapshot().Where(log => log.Level >= LogLevel.Error).ShouldBeEmpty();
        }

        Gateway.Warnings().Count(warning => warning.Contains("the key ring")).ShouldBe(1);
        using var elsewhere = new CookieClient(other.Address) { Session = browser.Session };
        await UseAsync(elsewhere);
    }

    private Task<HttpStatusCode> SignInAsync(CookieClient browser) => EachSecondAsync(
        async () =>
        {
            using var response = await browser.FollowAsync(
                "/session/login?returnUrl=%2Fhealth%2Flive", to => to.OriginalString == "/health/live");
            return response.StatusCode;
        },
        status => status == HttpStatusCode.Redirect);

    /// <summary>Uses the session for a request whose response needs no data.</summary>
    private Task<HttpStatusCode> UseAsync(CookieClient browser) => EachSecondAsync(
        async () =>
        {
            using var response = await browser.GetAsync("/api/task-runs?limit=0");
            return response.StatusCode;
        },
        status => status == HttpStatusCode.BadRequest);

    /// <summary>Advances the clock between attempts, so that a call that a jump of the clock has cut off is repeated.</summary>
    private Task<T> EachSecondAsync<T>(Func<Task<T>> look, Predicate<T> isAsExpected) => ReplicaSettings.EventuallyAsync(
        () =>
        {
            Gateway.Clock.Advance(TimeSpan.FromSeconds(1));
            return look();
        },
        isAsExpected);

    private async Task SpoilAsync(string key, string value)
    {
        switch (value)
        {
            case "a list":
                await Database.KeyDeleteAsync(key);
                await Database.ListRightPushAsync(key, "x");
                break;
            case "an odd expiry":
                await Database.HashSetAsync(key, [new("absexp", "abc"), new("sldexp", "abc")]);
                break;
            case "bytes":
                await Database.HashSetAsync(key, "data", "not eight bytes");
                break;
            case "a time that is none":
                await Database.HashSetAsync(key, "data", Enumerable.Repeat((byte)0xFF, 8).ToArray());
                break;
        }
    }

    private async Task<string[]> KeysAsync() =>
        await _connection!.GetServers()[0].KeysAsync(pattern: "nclue-gateway:*")
            .Select(key => key.ToString()).ToArrayAsync(TestContext.Current.CancellationToken);
}
