using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NclueGateway.Budget;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;

namespace NclueGateway.Tests.Replicas;

/// <summary>Two replicas on a Redis to which another application writes, into every key.</summary>
/// <remarks>
/// The seed in a test's name replays the kinds of values and their order. The gateways meanwhile use real time.
/// </remarks>
[Trait("Needs", "RealTime")]
public sealed class OddValuesTests
{
    /// <summary>Field of the pause, which must be kept: <see cref="Upstream.Pacing.OddPacerValuesTests"/> shows that it ends.</summary>
    private const string Pause = "pause";

    private const int Values = 50;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Reads_are_answered_the_budget_holds_and_people_are_at_worst_signed_out(int seed)
    {
        await using var redis = await RedisServer.StartAsync();
        var settings = SessionHost.Settings(
            ("ConnectionStrings:Redis", redis.Address), ("Nclue:Account", "odd"), ("Nclue:ReplicaCount", "2"),
            ("Auth:Session:AllowUnencryptedKeys", "true"));
        await using var one = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 450 }, settings, realTime: true, environment: "Development");
        await using var two = await one.StartReplicaAsync(settings, environment: "Development");
        using var browser = new CookieClient(one.Address);
        await browser.SignInAsync();
        using var elsewhere = new CookieClient(two.Address) { Session = browser.Session };
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        using var end = new CancellationTokenSource();

        await Task.WhenAll(
            SpoilAsync(connection, seed, end), ReadAsync(one, seed, end.Token), ReadAsync(two, seed, end.Token),
            LookAsync(browser, end.Token), LookAsync(elsewhere, end.Token));

        // Afterwards all replicas work as before.
        foreach (var gateway in new[] { one, two })
        {
            (await gateway.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK, 400)).Runs.ShouldBe(Enumerable.Range(400, 20));
            gateway.Services.GetServices<IHostedService>().OfType<BackgroundService>()
                .ShouldAllBe(service => !service.ExecuteTask!.IsCompleted);
            gateway.Logs.GetSnapshot().Where(log => log.Level >= LogLevel.Error)
                .Select(log => $"{log.Category}: {log.Message}").ShouldBeEmpty();
            gateway.Warnings().GroupBy(warning => warning).Where(same => same.Count() > 1)
                .Select(same => $"{same.Count()} × {same.Key}").ShouldBeEmpty();
        }

        one.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= TimeSpan.FromSeconds(1));
        one.Nclue.Arrivals.ShouldAllBe(arrival => arrival.Status == 200);
        await using var three = await one.StartReplicaAsync(settings, environment: "Development");
        using var newcomer = new CookieClient(three.Address);
        await newcomer.SignInAsync();
        (await newcomer.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task SpoilAsync(ConnectionMultiplexer connection, int seed, CancellationTokenSource end)
    {
        var (database, random) = (connection.GetDatabase(), new Random(seed));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        for (var n = 0; n < Values; n++)
        {
            var keys = await connection.GetServers()[0].KeysAsync().OrderBy(key => (string?)key, StringComparer.Ordinal).ToArrayAsync(Ct);
            var key = keys[random.Next(keys.Length)];
            TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}, value {n}: {key}");
            switch (await database.KeyTypeAsync(key) == RedisType.Hash ? random.Next(6) : 0)
            {
                case 0:
                    await OddValues.ReplaceAsync(database, key, random);
                    break;
                case 1:
                    await OddValues.LoseAsync(database, key, random);
                    break;
                default:
                    var fields = (await database.HashKeysAsync(key)).Where(field => field != Pause)
                        .OrderBy(field => (string?)field, StringComparer.Ordinal).ToArray();
                    if (fields.Length > 0)
                    {
                        await database.HashSetAsync(key, fields[random.Next(fields.Length)], OddValues.Next(random));
                    }

                    break;
            }

            await pace.WaitForNextTickAsync(Ct);
        }

        await end.CancelAsync();
    }

    private static async Task ReadAsync(GatewayHost gateway, int seed, CancellationToken end)
    {
        var random = new Random(seed);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        while (!end.IsCancellationRequested)
        {
            (await gateway.ReadAsync(100 * random.Next(4))).Status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable);
            await pace.WaitForNextTickAsync(Ct);
        }
    }

    private static async Task LookAsync(CookieClient browser, CancellationToken end)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        while (!end.IsCancellationRequested)
        {
            using var session = await browser.GetAsync("/session");
            session.StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.ServiceUnavailable);
            if (session.StatusCode == HttpStatusCode.Unauthorized)
            {
                using var again = await browser.FollowAsync(
                    "/session/login?returnUrl=%2Fhealth%2Flive", to => to.OriginalString == "/health/live");
                again.StatusCode.ShouldBeOneOf(HttpStatusCode.Redirect, HttpStatusCode.ServiceUnavailable);
            }

            await pace.WaitForNextTickAsync(Ct);
        }
    }
}
